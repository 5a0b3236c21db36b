// Test helper: files as texts, texts as bytes.
#pragma once

#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include "tests/helpers/test_folder.h"

namespace tutti {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

inline std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_text(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary).write(text.data(), std::streamsize(text.size()));
}

}  // namespace tutti
