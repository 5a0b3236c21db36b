// Writes the tar files of one source and split, block by block, within a budget.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "data/split.h"
#include "format/tar.h"

namespace tutti {

// The bytes of one block by suffix: {".json.z", "..."}.
using Block = std::vector<std::pair<std::string, std::string>>;

struct ShardFile {
  std::string name;
  uint64_t bytes = 0;
  uint32_t crc32 = 0;
};

class ShardWriter {
 public:
  // A new file begins after 16 MiB. `most_bytes` counts tar heads and padding.
  ShardWriter(std::string out_dir, std::string source, Split split, uint64_t most_bytes);

  // False, and nothing written, when the block would go over the budget.
  Result<bool> add(const Block& block);
  // Closes the last file. Nothing is written for a source without blocks.
  Status finish();

  uint64_t bytes() const { return bytes_; }
  const std::vector<ShardFile>& files() const { return files_; }

 private:
  Status close_file();

  std::string out_dir_;
  std::string prefix_;
  uint64_t most_bytes_;
  uint64_t bytes_ = 0;
  uint64_t file_bytes_ = 0;
  int block_ = 0;
  std::optional<TarWriter> tar_;
  std::vector<ShardFile> files_;
};

}  // namespace tutti
