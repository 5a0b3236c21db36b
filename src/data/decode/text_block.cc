#include "data/decode/text_block.h"

#include "data/decode/block_parts.h"
#include "data/record_checks.h"
#include "data/shard_format.h"

namespace tutti::blocks {

using nlohmann::json;

Result<BlockRecords> texts_of(const ShardBlock& block, const PieceTable& pieces) {
  TUTTI_ASSIGN(const json head, read_json(block));
  const TarEntry* narrow = block.find(".tokens.z");  // of version 1
  const TarEntry* member = narrow ? narrow : block.find(".ids.z");
  if (!member) return bad_input("it has no member .ids.z");
  TUTTI_ASSIGN(const std::vector<std::byte> bytes, unpack(member->data, kMostTokens));
  const size_t width = narrow ? 2 : 4;
  const size_t count = bytes.size() / width;
  size_t next = 0;
  const auto take = [&](const json& length, std::vector<int32_t>& ids) -> Status {
    if (!length.is_number_integer() || length < 0 || length > kMostInt)
      return not_whole("a text's length", length, 0, kMostInt);
    const auto wanted = length.get<size_t>();
    if (wanted > count - next) return bad_input("it has fewer tokens than its JSON names");
    for (size_t end = next + wanted; next < end; ++next) {
      uint32_t id = 0;
      for (size_t i = 0; i < width; ++i) id |= uint32_t(bytes[i * count + next]) << (8 * i);
      if (id >= uint32_t(pieces.size()))
        return bad_input("token " + std::to_string(id) + " does not exist");
      ids.push_back(int32_t(id));
    }
    return {};
  };
  BlockRecords out;
  for (size_t i = 0; i < head.at("language").size(); ++i) {
    TextRecord record;
    record.language = head.at("language").at(i).get<std::string>();
    record.kind = head.at("kind").at(i).get<std::string>();
    TUTTI_CHECK(take(head.at("prompt").at(i), record.prompt));
    TUTTI_CHECK(take(head.at("text").at(i), record.text));
    TUTTI_CHECK(take(head.at("rejected").at(i), record.rejected));
    TUTTI_CHECK(check_text_record(record));
    out.texts.push_back(std::move(record));
  }
  return out;
}

}  // namespace tutti::blocks
