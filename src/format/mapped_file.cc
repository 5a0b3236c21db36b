#include "format/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace tutti {
namespace {

// What the machine lacks (memory, descriptors) is not the file's fault.
Error open_error(const std::string& path, int code) {
  const bool lacks = code == ENOMEM || code == EMFILE || code == ENFILE || code == EAGAIN;
  return Error(lacks ? ErrorCode::failed : ErrorCode::bad_input,
               "cannot open " + path + ": " + std::generic_category().message(code));
}

FileStamp stamp_from(const struct stat& info) {
  return {uint64_t(info.st_dev), uint64_t(info.st_ino), int64_t(info.st_size),
          int64_t(info.st_mtim.tv_sec), int64_t(info.st_mtim.tv_nsec)};
}

}  // namespace

FileStamp FileStamp::of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) ? FileStamp() : stamp_from(info);
}

Result<MappedFile> MappedFile::open(const std::string& path, Hold hold) {
  // O_NONBLOCK: opening a named pipe must not hang before the check below refuses it.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return open_error(path, errno);
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(descriptor);
    return bad_input("cannot open " + path + ": it is not a regular file");
  }
  const auto size = size_t(info.st_size);
  if (size == 0) {  // mmap refuses empty ranges
    ::close(descriptor);
    return MappedFile(path, {}, stamp_from(info));
  }
  const bool copied = hold == Hold::copied;
  void* address = copied ? ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
                         : ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  const int code = errno;
  if (!copied || address == MAP_FAILED) ::close(descriptor);
  if (address == MAP_FAILED) return open_error(path, code);
  MappedFile file(path, {static_cast<const std::byte*>(address), size}, stamp_from(info));
  if (!copied) return file;
  file.filled_ = 0;
  file.descriptor_ = descriptor;
  return file;
}

Status MappedFile::fill(size_t end) {
  end = std::min(end, bytes_.size());
  auto* const bytes = const_cast<std::byte*>(bytes_.data());
  while (filled_ < end) {
    const ssize_t more = ::read(descriptor_, bytes + filled_, end - filled_);
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return open_error(path_, errno);
    if (more == 0)
      return bad_input(path_ + " became shorter while it was read; read it again once it is whole");
    filled_ += size_t(more);
  }
  if (filled_ == bytes_.size() && descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  return {};
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      bytes_(std::exchange(other.bytes_, {})),
      stamp_(other.stamp_),
      filled_(other.filled_),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(bytes_, other.bytes_);
  std::swap(stamp_, other.stamp_);
  std::swap(filled_, other.filled_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace tutti
