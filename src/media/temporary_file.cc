#include "media/temporary_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace tutti {
namespace {

Error cannot_write(const std::string& path) {
  return failed(path + ": cannot be written (" + std::strerror(errno) +
                "); check that its folder exists, may be written to and has space");
}

}  // namespace

TemporaryFile::TemporaryFile(std::string target, std::string path)
    : target_(std::move(target)), path_(std::move(path)) {}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : target_(std::move(other.target_)), path_(std::exchange(other.path_, {})) {}

TemporaryFile& TemporaryFile::operator=(TemporaryFile&& other) noexcept {
  std::swap(target_, other.target_);
  std::swap(path_, other.path_);
  return *this;
}

TemporaryFile::~TemporaryFile() {
  if (!path_.empty()) unlink(path_.c_str());
}

Result<TemporaryFile> TemporaryFile::create(const std::string& target) {
  static std::atomic<unsigned> counter{0};
  std::string path = target + ".part-" + std::to_string(getpid()) + "-" + std::to_string(counter++);
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) return cannot_write(target);
  close(file);
  return TemporaryFile(target, std::move(path));
}

Status TemporaryFile::commit() {
  if (std::rename(path_.c_str(), target_.c_str()) != 0) return cannot_write(target_);
  path_.clear();
  return {};
}

Status write_file(const std::string& path, std::span<const uint8_t> bytes) {
  TUTTI_ASSIGN(TemporaryFile file, TemporaryFile::create(path));
  std::FILE* out = std::fopen(file.path().c_str(), "wb");
  if (!out) return cannot_write(path);
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
  const bool closed = std::fclose(out) == 0;
  if (!written || !closed) return cannot_write(path);
  return file.commit();
}

}  // namespace tutti
