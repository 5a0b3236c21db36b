// Files that appear whole or not at all: written beside their final name, synced, then renamed.
// A process killed half way leaves the old file as it was (and a stray NAME.tmp.* beside it).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tutti {

// Not thread-safe; two writers of one path are safe, the last commit wins.
//
//   TUTTI_ASSIGN(AtomicFile file, AtomicFile::create(path));
//   TUTTI_CHECK(file.write(bytes));
//   TUTTI_CHECK(file.commit());   // without this the destructor removes what was written
//
// A symbolic link stays one: the file that it leads to is replaced. What is no regular file (a
// device, a pipe) is written to directly, since nothing could take its place.
class AtomicFile {
 public:
  // `mode` as in open(2), before the umask.
  static Result<AtomicFile> create(const std::string& path, unsigned mode = 0666);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile();

  Status write(std::span<const std::byte> bytes);
  Status write(std::string_view text) { return write(std::as_bytes(std::span(text))); }
  // Where the bytes lie until commit(), for a library that writes by name.
  const std::string& path() const { return temporary_.empty() ? path_ : temporary_; }
  Status commit();

 private:
  AtomicFile(int descriptor, std::string path, std::string temporary);
  Status finish();
  void discard();

  int descriptor_ = -1;
  std::string path_;
  std::string temporary_;  // empty where path_ is written to directly
};

// Makes what was created, renamed or removed in a folder last. File systems that cannot sync a
// folder (some network mounts) are left as they are: the files are as safe there as they can be.
Status sync_folder(const std::string& folder);

// failed: why a file could not be written, by its errno, and what to do next.
Error cannot_write(const std::string& path, int code);

Status write_file_atomic(const std::string& path, std::span<const std::byte> bytes);
Status write_file_atomic(const std::string& path, std::span<const uint8_t> bytes);
Status write_file_atomic(const std::string& path, std::string_view text);

}  // namespace tutti
