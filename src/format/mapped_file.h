// A whole file as read-only memory. Pages are shared between processes that open the same model.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"

namespace tutti {

// Immutable, so safe to read from many threads. The bytes stay at one address when the object is
// moved. A file that another program cuts short while it is mapped raises SIGBUS on access; files
// written through AtomicFile are replaced, never changed in place.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> bytes_;
};

}  // namespace tutti
