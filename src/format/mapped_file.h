// A whole file as read-only memory. Pages are shared between processes that open the same model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/result.h"

namespace tutti {

// A file that another program cuts short while it is mapped raises SIGBUS on access; files written
// through AtomicFile are replaced, never changed in place. Who must not end for others' mistakes
// takes a copy: the server while it serves, and the C library. Programs that map end with a message
// (apps/tutti/command/cut_files.h).
enum class Hold { mapped, copied };

// Says whether a file is the same as before. Without a file of that path none is like it.
struct FileStamp {
  uint64_t device = 0, inode = 0;
  int64_t size = -1, seconds = 0, nanoseconds = 0;  // of its last change

  static FileStamp of(const std::string& path);
  bool operator==(const FileStamp&) const = default;
};

// The bytes stay at one address when the object is moved. Safe to read from many threads, once a
// copy is filled.
class MappedFile {
 public:
  // Of a copy nothing is read yet, so that a file may be refused by its first bytes.
  static Result<MappedFile> open(const std::string& path, Hold hold = Hold::mapped);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  // Of a copy, those that are not filled are zeros.
  std::span<const std::byte> bytes() const { return bytes_; }
  // As it was when it was opened.
  const FileStamp& stamp() const { return stamp_; }

  // Has at least the first `end` bytes read, or all where there are fewer. Nothing to do where they
  // are mapped. bad_input where the file has become shorter.
  Status fill(size_t end = SIZE_MAX);

 private:
  MappedFile(std::string path, std::span<const std::byte> bytes, const FileStamp& stamp)
      : path_(std::move(path)), bytes_(bytes), stamp_(stamp), filled_(bytes.size()) {}

  std::string path_;
  std::span<const std::byte> bytes_;
  FileStamp stamp_;
  size_t filled_;
  int descriptor_ = -1;  // of a copy that is not full
};

}  // namespace tutti
