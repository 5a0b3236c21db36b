// What blocks of several kinds are made of: a head of JSON, and sheets of pictures.
#pragma once

#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "base/media_types.h"
#include "data/decode_block.h"

namespace tutti::blocks {

inline constexpr int kMostInt = std::numeric_limits<int>::max();
inline constexpr size_t kMostTokens = size_t(256) << 20;

Result<nlohmann::json> read_json(const ShardBlock& block);
Error not_whole(const std::string& what, const nlohmann::json& value, int low, int high);
// object[key], an integer from `low` to `high`.
Result<int> whole(const nlohmann::json& object, const char* key, int low, int high);

// The sheet NAME.png or NAME.jpg; an empty picture when there is none.
Result<Picture> read_sheet(const ShardBlock& block, const std::string& name);
Picture cut(const Picture& sheet, int left, int top, int width, int height);

Caption caption(const PieceTable& pieces, std::string language, std::string text);

}  // namespace tutti::blocks
