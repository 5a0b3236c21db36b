#include "format/text/number_words.h"

#include <array>
#include <cstdint>

namespace tutti {
namespace {

constexpr std::array kOnes = {"zero",    "one",     "two",       "three",    "four",
                              "five",    "six",     "seven",     "eight",    "nine",
                              "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                              "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::array kTens = {"",      "",      "twenty",  "thirty", "forty",
                              "fifty", "sixty", "seventy", "eighty", "ninety"};
constexpr std::array kThousands = {"", "thousand", "million", "billion"};
constexpr size_t kMostDigits = 3 * kThousands.size();

void add(std::string& words, const char* word) {
  if (!words.empty()) words += ' ';
  words += word;
}

// 1 to 999
void add_hundreds(std::string& words, unsigned value) {
  if (value >= 100) add(words, kOnes[value / 100]), add(words, "hundred");
  value %= 100;
  if (value >= 20) add(words, kTens[value / 10]);
  if (value >= 20) value %= 10;
  if (value > 0) add(words, kOnes[value]);
}

}  // namespace

std::string digit_words(std::string_view digits) {
  std::string words;
  for (const char digit : digits) add(words, kOnes[size_t(digit - '0')]);
  return words;
}

std::string number_words(std::string_view digits) {
  if (digits.size() > kMostDigits || digits[0] == '0') return digit_words(digits);
  std::string words;
  for (size_t groups = (digits.size() + 2) / 3; groups > 0; --groups) {
    const size_t end = digits.size() - 3 * (groups - 1), begin = end > 3 ? end - 3 : 0;
    unsigned value = 0;
    for (const char digit : digits.substr(begin, end - begin))
      value = 10 * value + unsigned(digit - '0');
    if (value == 0) continue;
    add_hundreds(words, value);
    if (groups > 1) add(words, kThousands[groups - 1]);
  }
  return words;
}

}  // namespace tutti
