// Files that appear whole or not at all: written beside their final name, synced, then renamed.
// A process killed half way leaves the old file as it was (and a stray NAME.tmp.* beside it).
#pragma once

#include <cstddef>
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
class AtomicFile {
 public:
  static Result<AtomicFile> create(const std::string& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile();

  Status write(std::span<const std::byte> bytes);
  Status write(std::string_view text) { return write(std::as_bytes(std::span(text))); }
  Status commit();

 private:
  AtomicFile(int descriptor, std::string path, std::string temporary);
  void discard();

  int descriptor_ = -1;
  std::string path_;
  std::string temporary_;
};

Status write_file_atomic(const std::string& path, std::span<const std::byte> bytes);
Status write_file_atomic(const std::string& path, std::string_view text);

}  // namespace tutti
