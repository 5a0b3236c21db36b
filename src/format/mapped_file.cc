#include "format/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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

// Fills `size` bytes; fewer where the file has become shorter, -1 where it cannot be read.
ssize_t read_all(int descriptor, void* bytes, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t more = ::read(descriptor, static_cast<char*>(bytes) + done, size - done);
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return -1;
    if (more == 0) break;
    done += size_t(more);
  }
  return ssize_t(done);
}

}  // namespace

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
    return MappedFile({});
  }
  const bool copied = hold == Hold::copied;
  void* address =
      copied ? ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
             : ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  int code = errno;
  if (address == MAP_FAILED) {
    ::close(descriptor);
    return open_error(path, code);
  }
  MappedFile file({static_cast<const std::byte*>(address), size});
  const ssize_t read = copied ? read_all(descriptor, address, size) : ssize_t(size);
  code = errno;
  ::close(descriptor);
  if (read < 0) return open_error(path, code);
  if (size_t(read) < size)
    return bad_input(path + " became shorter while it was read; read it again once it is whole");
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace tutti
