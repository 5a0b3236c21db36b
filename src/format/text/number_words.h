// Numbers as English words, for a voice.
#pragma once

#include <string>
#include <string_view>

namespace tutti {

// Digits alone, at least one: "12" -> "twelve", "1999" -> "one thousand nine hundred ninety nine".
// What begins with a zero or has more than twelve digits is said digit by digit.
std::string number_words(std::string_view digits);

// "05" -> "zero five"
std::string digit_words(std::string_view digits);

}  // namespace tutti
