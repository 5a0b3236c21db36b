// JSON that a client sent.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/result.h"

namespace tutti {

class Charge;

// The value. bad_input where it is not JSON (or not UTF-8: with the byte), nests deeper than 32,
// has an object of more than 256 keys, or more than 100,000 values: limits of time and memory,
// looked at before a value is kept, because an ordered_json compares each key with all before it
// and takes 16 bytes and more for a value of two characters. And where an object has a key twice,
// since nobody can say which of the two is meant.
//
// What the values take is added to `charge` before they are kept; its error where that refuses.
// Takes time in proportion to the text.
Result<nlohmann::ordered_json> read_json(std::string_view text, Charge* charge = nullptr);

}  // namespace tutti
