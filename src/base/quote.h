// Puts text from a file or a request into an error message without letting it break the terminal:
// unprintable bytes become \xNN, long text is cut.
#pragma once

#include <string>
#include <string_view>

#include "base/hex.h"

namespace tutti {

inline std::string quote(std::string_view text, size_t longest = 80) {
  std::string out = "\"";
  for (unsigned char c : text.substr(0, longest)) {
    if (c >= 0x20 && c != 0x7f && c != '"' && c < 0x80) {
      out += char(c);
    } else {
      out += "\\x" + hex_byte(c);
    }
  }
  return out + (text.size() > longest ? "...\"" : "\"");
}

}  // namespace tutti
