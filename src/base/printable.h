// Text of strangers for a terminal: letters of any script stay, and nothing moves the cursor, sets
// a title or turns the direction of what is read.
#pragma once

#include <string>
#include <string_view>

namespace tutti {

// With the bytes of controls (C0 but for line ends and tabs, DEL, C1), of what embeds or overrides
// directions (U+202A to U+202E, U+2066 to U+2069), and of what is no UTF-8 as \xNN.
std::string printable(std::string_view text);

}  // namespace tutti
