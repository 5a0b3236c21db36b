#include "data/decode/voxel_block.h"

#include "data/decode/block_parts.h"
#include "data/record_checks.h"
#include "data/shard_format.h"

namespace tutti::blocks {

using nlohmann::json;

Result<BlockRecords> voxels_of(const ShardBlock& block, const PieceTable&) {
  TUTTI_ASSIGN(const json head, read_json(block));
  const TarEntry* member = block.find(".cells.z");
  if (!member) return bad_input("it has no member .cells.z");
  TUTTI_ASSIGN(const std::vector<std::byte> bytes, unpack(member->data, kMostTokens));
  BlockRecords out;
  for (const json& entry : head.at("things")) {
    const size_t begin = out.voxels.size() * VoxelRecord::kBytes;
    if (bytes.size() < begin + VoxelRecord::kBytes)
      return bad_input("it has fewer cells than its JSON names");
    const auto* cells = reinterpret_cast<const uint8_t*>(bytes.data()) + begin;
    out.voxels.push_back({"",
                          entry.at("key").get<std::string>(),
                          entry.at("label").get<std::string>(),
                          {cells, cells + VoxelRecord::kBytes}});
    TUTTI_CHECK(check_voxel_record(out.voxels.back()));
  }
  return out;
}

}  // namespace tutti::blocks
