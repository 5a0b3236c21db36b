// Checks that text is well-formed UTF-8 (RFC 3629): no overlong forms, surrogates, or code points
// above U+10FFFF; and what is counted and cut in characters (code points).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tutti {

// Where the first malformed sequence begins; nothing when all is well.
inline std::optional<size_t> invalid_utf8_at(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = uint8_t(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (length == 0 || lead > 0xf4 || length > text.size() - i) return i;
    // Only the second byte has a range of its own (RFC 3629, section 4).
    const uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    for (size_t k = 1; k < length; ++k) {
      const auto byte = uint8_t(text[i + k]);
      if (byte < (k == 1 ? low : 0x80) || byte > (k == 1 ? high : 0xbf)) return i;
    }
    i += length;
  }
  return std::nullopt;
}

// A byte that goes on with a character: text is not cut in front of it.
inline bool inside_character(char c) {
  return (uint8_t(c) & 0xc0) == 0x80;
}

// How many characters well-formed text has.
inline size_t count_characters(std::string_view text) {
  return text.size() - size_t(std::count_if(text.begin(), text.end(), inside_character));
}

// Where to cut text so that at most `most` bytes and whole characters are left.
inline size_t character_end(std::string_view text, size_t most) {
  size_t end = std::min(text.size(), most);
  while (end > 0 && end < text.size() && inside_character(text[end])) --end;
  return end;
}

}  // namespace tutti
