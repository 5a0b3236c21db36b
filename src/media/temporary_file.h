// Writing a file so that it is there whole or not at all.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"

namespace tutti {

// A new file beside `target`, renamed over it by commit() and removed otherwise. Only a killed
// process leaves one behind; its name is the target's with ".part-" and two numbers.
class TemporaryFile {
 public:
  static Result<TemporaryFile> create(const std::string& target);
  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&& other) noexcept;
  ~TemporaryFile();

  const std::string& path() const { return path_; }
  Status commit();

 private:
  TemporaryFile(std::string target, std::string path);
  std::string target_;
  std::string path_;  // empty once renamed or moved from
};

Status write_file(const std::string& path, std::span<const uint8_t> bytes);

}  // namespace tutti
