#include "data/build/shard_writer.h"

#include <fmt/format.h>

#include "data/shard_format.h"
#include "format/mapped_file.h"

namespace tutti {
namespace {

constexpr uint64_t kFileBytes = uint64_t(16) << 20;
constexpr uint64_t kTarEnd = 1024;

uint64_t bytes_in_tar(const Block& block) {
  uint64_t bytes = 0;
  for (const auto& [suffix, data] : block) bytes += 512 + (data.size() + 511) / 512 * 512;
  return bytes;
}

}  // namespace

ShardWriter::ShardWriter(std::string out_dir, std::string source, Split split, uint64_t most_bytes)
    : out_dir_(std::move(out_dir)),
      prefix_(fmt::format("{}-{}", split_name(split), source)),
      most_bytes_(most_bytes) {}

Result<bool> ShardWriter::add(const Block& block) {
  const uint64_t size = bytes_in_tar(block);
  if (bytes_ + size + kTarEnd > most_bytes_) return false;
  if (tar_ && file_bytes_ + size > kFileBytes) TUTTI_CHECK(close_file());
  if (!tar_) {
    files_.push_back({fmt::format("{}-{:04}.tar", prefix_, files_.size())});
    TUTTI_ASSIGN(tar_, TarWriter::create(out_dir_ + "/" + files_.back().name));
    bytes_ += kTarEnd;
    file_bytes_ = 0;
    block_ = 0;
  }
  for (const auto& [suffix, data] : block) {
    TUTTI_CHECK(tar_->add(fmt::format("{:06}{}", block_, suffix), std::string_view(data)));
  }
  ++block_;
  bytes_ += size;
  file_bytes_ += size;
  return true;
}

Status ShardWriter::close_file() {
  TUTTI_CHECK(tar_->finish());
  tar_.reset();
  ShardFile& file = files_.back();
  TUTTI_ASSIGN(const MappedFile written, MappedFile::open(out_dir_ + "/" + file.name));
  file.bytes = written.bytes().size();
  file.crc32 = crc32(written.bytes());
  return {};
}

Status ShardWriter::finish() {
  return tar_ ? close_file() : Status();
}

}  // namespace tutti
