// Hexadecimal digits, read and written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tutti {

inline constexpr std::string_view kHexDigits = "0123456789abcdef";

// 0 to 15, or -1 where `c` is no hexadecimal digit.
inline int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = char(c | 0x20);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// Two digits.
inline std::string hex_byte(uint8_t byte) {
  return {kHexDigits[byte >> 4], kHexDigits[byte & 15]};
}

}  // namespace tutti
