#include "data/decode/block_parts.h"

#include <algorithm>

#include "data/shard_format.h"
#include "format/picture_file.h"

namespace tutti::blocks {

using nlohmann::json;

namespace {

constexpr size_t kMostJson = size_t(16) << 20;  // the largest of ours has 1 MB

}  // namespace

Result<json> read_json(const ShardBlock& block) {
  const TarEntry* member = block.find(".json.z");
  if (!member) return bad_input("it has no member .json.z");
  TUTTI_ASSIGN(const std::vector<std::byte> bytes, unpack(member->data, kMostJson));
  const char* text = reinterpret_cast<const char*>(bytes.data());
  json value = json::parse(text, text + bytes.size(), nullptr, false);
  if (!value.is_object()) return bad_input("its .json.z is not a JSON object");
  return value;
}

Error not_whole(const std::string& what, const json& value, int low, int high) {
  // A list is not written: its depth is the stranger's, and writing it takes the stack.
  const std::string shown = value.is_structured() ? value.type_name() : value.dump().substr(0, 40);
  return bad_input(what + " is " + shown + "; expected an integer from " + std::to_string(low) +
                   " to " + std::to_string(high));
}

// The library would wrap 2^32 + 1 to 1, and converts 1e300 as it pleases.
Result<int> whole(const json& object, const char* key, int low, int high) {
  const json& value = object.at(key);
  if (!value.is_number_integer() || value < low || value > high)
    return not_whole(key, value, low, high);
  return value.get<int>();
}

Result<Picture> read_sheet(const ShardBlock& block, const std::string& name) {
  for (const char* suffix : {".png", ".jpg"}) {
    const TarEntry* member = block.find(name + suffix);
    if (!member) continue;
    auto picture = decode_picture(member->data, {kMostSheetSide, size_t(16) << 20});
    if (!picture) return picture.error().with_context("member " + member->name);
    return picture;
  }
  return Picture{};
}

Picture cut(const Picture& sheet, int left, int top, int width, int height) {
  Picture out = make_picture(width, height, sheet.channels);
  for (int y = 0; y < height; ++y) {
    std::copy_n(sheet.at(left, top + y), size_t(width) * sheet.channels, out.at(0, y));
  }
  return out;
}

Caption caption(const PieceTable& pieces, std::string language, std::string text) {
  std::vector<int32_t> ids = pieces.encode(text);
  return {std::move(language), std::move(text), std::move(ids)};
}

}  // namespace tutti::blocks
