// A whole file as read-only memory. Pages are shared between processes that open the same model.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"

namespace tutti {

// A file that another program cuts short while it is mapped raises SIGBUS on access; files written
// through AtomicFile are replaced, never changed in place. Whoever must not end for others'
// mistakes takes a copy.
enum class Hold { mapped, copied };

// Immutable, so safe to read from many threads. The bytes stay at one address when the object is
// moved.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::string& path, Hold hold = Hold::mapped);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> bytes_;
};

}  // namespace tutti
