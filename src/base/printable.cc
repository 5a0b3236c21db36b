#include "base/printable.h"

#include <cstdint>

#include "base/hex.h"
#include "base/utf8.h"

namespace tutti {
namespace {

// Of one character.
bool is_control(std::string_view character) {
  const auto byte = [&](size_t i) { return i < character.size() ? uint8_t(character[i]) : 0; };
  if (byte(0) < 0x80)
    return (byte(0) < 0x20 && byte(0) != '\n' && byte(0) != '\t') || byte(0) == 0x7f;
  if (byte(0) == 0xc2) return byte(1) < 0xa0;
  const bool directs = (byte(1) == 0x80 && byte(2) >= 0xaa && byte(2) <= 0xae) ||
                       (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9);
  return byte(0) == 0xe2 && directs;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (size_t i = 0, length = 0; i < text.size(); i += length) {
    length = 1;
    while (uint8_t(text[i]) >= 0x80 && i + length < text.size() &&
           inside_character(text[i + length]))
      ++length;
    const std::string_view character = text.substr(i, length);
    if (!invalid_utf8_at(character) && !is_control(character))
      out += character;
    else
      for (const char c : character) out += "\\x" + hex_byte(uint8_t(c));
  }
  return out;
}

}  // namespace tutti
