#include "data/build/read/read_voxels.h"

#include "data/build/read/table.h"
#include "data/records.h"

namespace tutti {

Result<std::vector<RawVoxels>> read_voxels(const std::filesystem::path& folder) {
  constexpr size_t kBytes = VoxelRecord::kBytes;
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "list.tsv", {"label", "file", "records"}));
  std::vector<RawVoxels> things;
  for (const auto& row : rows) {
    TUTTI_ASSIGN(const std::string bits, read_whole_file(folder / row[1]));
    const size_t count = bits.size() / kBytes;
    if (bits.size() % kBytes != 0 || std::to_string(count) != row[2]) {
      return bad_input((folder / row[1]).string() + " has " + std::to_string(bits.size()) +
                       " bytes; list.tsv promises " + row[2] + " records of " +
                       std::to_string(kBytes));
    }
    for (size_t i = 0; i < count; ++i) {
      RawVoxels thing;
      thing.key = row[0] + "/" + std::to_string(i);
      thing.label = row[0];
      thing.cells = bits.substr(i * kBytes, kBytes);
      thing.split = split_voxels(thing.cells);
      if (thing.cells.find_first_not_of('\0') != std::string::npos)
        things.push_back(std::move(thing));
    }
  }
  return things;
}

}  // namespace tutti
