// Bytes that ought to be UTF-8 and may not be, as text: each byte that belongs to no character
// becomes U+FFFD.
#pragma once

#include <string>
#include <string_view>

namespace tutti {

std::string repaired_utf8(std::string_view bytes);

// The same of bytes that come piece by piece: what has left it is certain, so together the pieces
// are the repaired text of the whole. Holds back three bytes at most. A value.
class Utf8Repair {
 public:
  std::string push(std::string_view bytes);
  // No byte follows. Starts anew.
  std::string end();

 private:
  std::string held_;  // may become one character
};

}  // namespace tutti
