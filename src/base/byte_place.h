// Where in a text or a file something is wrong, for messages.
#pragma once

#include <cstddef>
#include <string>

namespace tutti {

// "byte 1" of the first one: messages count bytes from 1, as they do lines. Sizes and ranges that a
// file itself names (offsets of tensors) stay as the file has them.
inline std::string byte_place(size_t offset) {
  return "byte " + std::to_string(offset + 1);
}

}  // namespace tutti
