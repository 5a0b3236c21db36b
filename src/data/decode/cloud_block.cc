#include "data/decode/cloud_block.h"

#include "data/decode/block_parts.h"
#include "data/record_checks.h"
#include "data/shard_format.h"

namespace tutti::blocks {

using nlohmann::json;

namespace {

constexpr int kMostCloudPoints = 1 << 16;

}  // namespace

Result<BlockRecords> clouds_of(const ShardBlock& block, const PieceTable&) {
  TUTTI_ASSIGN(const json head, read_json(block));
  const TarEntry* member = block.find(".xyz.z");
  if (!member) return bad_input("it has no member .xyz.z");
  TUTTI_ASSIGN(const std::vector<std::byte> bytes, unpack(member->data, kMostTokens));
  const size_t values = bytes.size() / 2;
  size_t next = 0;
  BlockRecords out;
  for (const json& entry : head.at("things")) {
    CloudRecord record;
    record.key = entry.at("key").get<std::string>();
    record.name = entry.at("name").get<std::string>();
    record.label = entry.at("label").get<std::string>();
    TUTTI_ASSIGN(const int points, whole(entry, "points", 1, kMostCloudPoints));
    if (3 * size_t(points) > values - next)
      return bad_input("it has fewer points than its JSON names");
    record.xyz.resize(3 * size_t(points));
    for (size_t axis = 0; axis < 3; ++axis) {
      int16_t sum = 0;
      for (size_t i = axis; i < record.xyz.size(); i += 3, ++next) {
        const int code = int(bytes[next]) | int(bytes[values + next]) << 8;
        sum = int16_t(uint16_t(sum) + uint16_t(unzigzag(uint16_t(code))));
        record.xyz[i] = float(sum) / kCloudSteps;
      }
    }
    TUTTI_CHECK(check_cloud_record(record));
    out.clouds.push_back(std::move(record));
  }
  return out;
}

}  // namespace tutti::blocks
