// Text as people mean it: what editors put around it in a file is not part of it.
//
//   TUTTI_ASSIGN(const std::string text, read_plain_text(bytes_of_a_file));
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tutti {

// Without a byte-order mark in front and without one line end (LF or CRLF) at the end, so that
// `echo text | tutti`, a file and an argument of the same text mean the same.
std::string_view plain_text(std::string_view utf8);

// bad_input where bytes that may be anything are UTF-16 or UTF-32, hold a zero byte, or are not
// UTF-8 (with the place); the message is to be put behind what it is about, as in "the text is
// UTF-16; ...".
Status check_text(std::string_view bytes);

// Both: the plain text of bytes that pass the check.
Result<std::string> read_plain_text(std::string_view bytes);

}  // namespace tutti
