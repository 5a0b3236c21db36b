// Tar archives as shards: samples are files that share a stem ("000017.png", "000017.json"), as in
// WebDataset, so any tar program can look inside. Plain files in ustar format only.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/atomic_file.h"
#include "base/result.h"
#include "format/mapped_file.h"

namespace tutti {

// Not thread-safe. Equal names and bytes give an equal archive: time, owner and mode are fixed.
//
//   TUTTI_ASSIGN(TarWriter tar, TarWriter::create("shard-0000.tar"));
//   TUTTI_CHECK(tar.add("000000.txt", bytes));
//   TUTTI_CHECK(tar.finish());   // the archive appears only now
class TarWriter {
 public:
  static Result<TarWriter> create(const std::string& path);

  // Names are relative, of at most 100 bytes; data under 8 GiB.
  Status add(std::string_view name, std::span<const std::byte> data);
  Status add(std::string_view name, std::string_view text) {
    return add(name, std::as_bytes(std::span(text)));
  }
  Status finish();

 private:
  explicit TarWriter(AtomicFile file) : file_(std::move(file)) {}

  AtomicFile file_;
};

struct TarEntry {
  std::string name;
  std::span<const std::byte> data;
};

// Pure function behind TarReader; entries point into `archive`, in its order. Refuses links,
// devices, extended headers, repeated names, and names that would leave the folder.
Result<std::vector<TarEntry>> parse_tar(std::span<const std::byte> archive);

// Immutable, so safe to read from many threads; the data live as long as the reader.
class TarReader {
 public:
  static Result<TarReader> open(const std::string& path);

  const std::vector<TarEntry>& entries() const { return entries_; }

 private:
  TarReader(MappedFile file, std::vector<TarEntry> entries)
      : file_(std::move(file)), entries_(std::move(entries)) {}

  MappedFile file_;
  std::vector<TarEntry> entries_;
};

}  // namespace tutti
