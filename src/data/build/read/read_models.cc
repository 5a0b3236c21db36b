#include "data/build/read/read_models.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "data/build/read/table.h"

namespace tutti {

namespace fs = std::filesystem;

namespace {

constexpr size_t kHeadBytes = 8;
constexpr int kUnit = 511;  // coordinates are from -1 to 1, in so many steps

char small_letter(char c) {
  return c >= 'A' && c <= 'Z' ? char(c + 32) : c;
}

}  // namespace

std::string kind_of_thing(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kShared[] = {
      {"couch", "sofa"},      {"desk", "table"},   {"female", "person"}, {"male", "person"},
      {"boy", "person"},      {"girl", "person"},  {"woman", "person"},  {"man", "person"},
      {"tree", "plant"},      {"tulips", "plant"}, {"switch", "plug"},   {"socket", "plug"},
      {"wardrobe", "cabinet"}};
  std::string word(name.substr(name.find_last_of(' ') + 1));
  std::transform(word.begin(), word.end(), word.begin(), small_letter);
  for (const auto& [one, shared] : kShared)
    if (word == one) return std::string(shared);
  return word;
}

Split split_point_model(std::string_view file) {
  const size_t dot = std::min(file.rfind('.'), file.size());
  std::string_view stem = file.substr(0, dot);
  while (!stem.empty() && stem.back() >= '0' && stem.back() <= '9') stem.remove_suffix(1);
  return split_by_share("sweethome_points", stem, 20);
}

Result<std::vector<float>> parse_tpc(std::string_view file) {
  if (file.size() < kHeadBytes || file.substr(0, 4) != "TPC1")
    return bad_input("the file does not begin with TPC1; unpack sweethome_points again");
  const auto byte = [file](size_t at) { return int(uint8_t(file[at])); };
  const size_t points = size_t(byte(4) | byte(5) << 8);
  const size_t values = 6 * points, colours = (byte(7) & 1) ? 3 * points : 0;
  if (points == 0 || file.size() != kHeadBytes + values + colours) {
    return bad_input("the file promises " + std::to_string(points) + " points, for which it has " +
                     std::to_string(file.size()) + " bytes; unpack sweethome_points again");
  }
  std::vector<float> xyz(3 * points);
  for (size_t axis = 0; axis < 3; ++axis) {
    const size_t begin = kHeadBytes + axis * 2 * points;
    int sum = 0;
    for (size_t i = 0; i < points; ++i) {
      const int zigzag = byte(begin + i) | byte(begin + points + i) << 8;
      sum += (zigzag >> 1) ^ -(zigzag & 1);
      if (std::abs(sum) > kUnit) {
        return bad_input("point " + std::to_string(i + 1) + " of " + std::to_string(points) +
                         " lies at " + std::to_string(sum) +
                         "; coordinates are from -511 to 511, " +
                         "so unpack sweethome_points again");
      }
      xyz[3 * i + axis] = float(sum) / float(kUnit);
    }
  }
  // The files have y up and z towards the viewer.
  for (size_t i = 0; i < points; ++i) {
    std::swap(xyz[3 * i + 1], xyz[3 * i + 2]);
    xyz[3 * i + 1] = -xyz[3 * i + 1];
  }
  return xyz;
}

Result<std::vector<CloudRecord>> read_point_models(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "labels.tsv", {"file", "name_en"}));
  std::vector<CloudRecord> records;
  for (const auto& row : rows) {
    TUTTI_ASSIGN(const std::string bytes, read_whole_file(folder / row[0]));
    auto xyz = parse_tpc(bytes);
    if (!xyz) return xyz.error().with_context((folder / row[0]).string());
    CloudRecord record{"sweethome_points", row[0], split_point_model(row[0]), row[1],
                       kind_of_thing(row[1])};
    std::transform(record.name.begin(), record.name.end(), record.name.begin(), small_letter);
    record.xyz = *std::move(xyz);
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace tutti
