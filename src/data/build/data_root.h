// The folder of raw data sets: each an unpacked folder NAME/ or an archive NAME.tar.zst, which is
// unpacked once into a cache folder with the `tar` program.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace tutti {

class DataRoot {
 public:
  // `cache` receives unpacked archives; empty: ROOT/.unpacked.
  static Result<DataRoot> open(const std::string& root, const std::string& cache = {});

  bool has(const std::string& set) const;
  // The unpacked folder of a set, which must be there.
  Result<std::filesystem::path> folder(const std::string& set) const;

 private:
  std::filesystem::path root_;
  std::filesystem::path cache_;
};

}  // namespace tutti
