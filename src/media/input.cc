#include "media/input.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace tutti {
namespace {

// "https://example.org/a.png", "data:image/png;base64,..."
bool is_url(const std::string& path) {
  return path.find("://") != path.npos || path.starts_with("data:");
}

Result<size_t> file_size(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return bad_input(path + ": there is no such file; " +
                     (is_url(path) ? "URLs are not opened, so download it first and name the file"
                                   : "check the path"));
  }
  if (status.type() == std::filesystem::file_type::directory) {
    return bad_input(path + ": this is a folder; name one file in it");
  }
  if (status.type() != std::filesystem::file_type::regular) {
    return bad_input(path + ": this is not a regular file" +
                     (error ? " (" + error.message() + ")" : "") +
                     "; copy its content into one first");
  }
  const auto size = std::filesystem::file_size(path, error);
  if (error) return bad_input(path + ": cannot be read (" + error.message() + ")");
  return size_t(size);
}

}  // namespace

Result<size_t> check_input(const MediaInput& input, size_t max_bytes) {
  size_t size = input.bytes().size();
  if (!input.in_memory()) {
    TUTTI_ASSIGN(size, file_size(input.path()));
  }
  if (size == 0) return bad_input(input.name() + ": it is empty; was the copy interrupted?");
  if (size > max_bytes) {
    return bad_input(input.name() + ": it has " + std::to_string(size) + " bytes and at most " +
                     std::to_string(max_bytes) + " are accepted; send a smaller one");
  }
  return size;
}

Result<PaddedBytes> read_input(const MediaInput& input, size_t max_bytes, size_t padding) {
  TUTTI_ASSIGN(const size_t size, check_input(input, max_bytes));
  if (input.in_memory() && input.padding() >= padding) return PaddedBytes{{}, input.bytes()};
  std::vector<uint8_t> data(size + padding);
  const std::span<const uint8_t> bytes(data.data(), size);
  if (input.in_memory()) {
    std::copy(input.bytes().begin(), input.bytes().end(), data.begin());
    return PaddedBytes{std::move(data), bytes};
  }
  std::ifstream file(input.path(), std::ios::binary);
  if (!file) return bad_input(input.path() + ": cannot be opened; check its permissions");
  if (!file.read(reinterpret_cast<char*>(data.data()), std::streamsize(size))) {
    return bad_input(input.path() + ": only " + std::to_string(file.gcount()) + " of " +
                     std::to_string(size) + " bytes could be read; check the disk and try again");
  }
  return PaddedBytes{std::move(data), bytes};
}

}  // namespace tutti
