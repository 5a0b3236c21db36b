// JSON that a client sent.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/result.h"

namespace tutti {

// The value; an error where it is not JSON, nests deeper than 32, has an object of more than 256
// keys, or more than 100,000 values. Those are limits of time and memory: an ordered_json compares
// each key with all before it (40,000 keys in 430 kB took 1.6 s), takes 16 bytes and more for every
// value of two characters, and is destroyed by recursion.
Result<nlohmann::ordered_json> read_json(std::string_view text);

}  // namespace tutti
