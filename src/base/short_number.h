// Numbers in messages: std::to_string() gives 1e308 in 316 characters, and 1e-7 as zero.
#pragma once

#include <cstdio>
#include <string>

namespace tutti {

// "0.5", "1e+308": six digits.
inline std::string short_number(double value) {
  char text[32];
  return {text, size_t(std::snprintf(text, sizeof text, "%g", value))};
}

}  // namespace tutti
