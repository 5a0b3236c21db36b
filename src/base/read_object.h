// A JSON object in a file from a stranger.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/json_tree.h"
#include "base/result.h"

namespace tutti {

// bad_input, beginning with `name`, where the text has more bytes, is no JSON (with the byte), goes
// beyond the limits, has a key twice in an object, or is no object. All limits are looked at before
// anything is kept.
Result<nlohmann::json> read_object(std::string_view text, const std::string& name,
                                   size_t most_bytes, const JsonLimits& limits);

}  // namespace tutti
