// What may stand behind the last point of a binary file.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tutti {

// Blanks and zeros, as some exporters fill up with; anything else is data that no header speaks of.
inline Status check_end(std::string_view rest) {
  if (rest.find_first_not_of(std::string_view("\0 \t\r\n", 5)) == rest.npos) return {};
  return bad_input(std::to_string(rest.size()) +
                   " bytes stand behind what the header promises; the header is wrong, so export "
                   "the file again");
}

}  // namespace tutti
