// Checks that text is well-formed UTF-8 (RFC 3629): no overlong forms, surrogates, or code points
// above U+10FFFF.
#pragma once

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

}  // namespace tutti
