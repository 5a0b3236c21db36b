#include "format/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace tutti {
namespace {

Error io_error(const std::string& action, const std::string& path) {
  const int code = errno;
  const std::string hint = code == ENOSPC ? "; free some space on the disk and try again" : "";
  return failed(action + " " + path + ": " + std::generic_category().message(code) + hint);
}

// The rename itself lives in the folder, so the folder is synced too. File systems that cannot
// sync a folder (some network mounts) say EINVAL; the file is as safe there as it can be.
Status sync_folder_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const std::string folder = parent.empty() ? "." : parent;
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return io_error("cannot open the folder", folder);
  const bool synced = ::fsync(descriptor) == 0 || errno == EINVAL;
  const Error error = io_error("cannot sync the folder", folder);
  ::close(descriptor);
  if (!synced) return error;
  return {};
}

}  // namespace

AtomicFile::AtomicFile(int descriptor, std::string path, std::string temporary)
    : descriptor_(descriptor), path_(std::move(path)), temporary_(std::move(temporary)) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  if (this == &other) return *this;
  discard();
  descriptor_ = std::exchange(other.descriptor_, -1);
  path_ = std::move(other.path_);
  temporary_ = std::move(other.temporary_);
  return *this;
}

AtomicFile::~AtomicFile() {
  discard();
}

void AtomicFile::discard() {
  if (descriptor_ < 0) return;
  ::close(std::exchange(descriptor_, -1));
  ::unlink(temporary_.c_str());
}

Result<AtomicFile> AtomicFile::create(const std::string& path) {
  static std::atomic<unsigned> counter = 0;
  // A killed process may have left a file of the same name (in containers every process is
  // number 1), hence the loop; open() rather than mkstemp() so that the umask decides the mode.
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const std::string temporary =
        path + ".tmp." + std::to_string(::getpid()) + "." + std::to_string(counter++);
    const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) return AtomicFile(descriptor, path, temporary);
    if (errno != EEXIST) return io_error("cannot create", temporary);
  }
  return failed("cannot create a temporary file beside " + path + ": remove the old " + path +
                ".tmp.* files");
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  if (descriptor_ < 0) return failed("cannot write " + path_ + ": it is already closed");
  while (!bytes.empty()) {
    // Linux writes at most 2 GiB a call.
    const ssize_t written =
        ::write(descriptor_, bytes.data(), std::min(bytes.size(), size_t(1) << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error("cannot write", temporary_);
    bytes = bytes.subspan(size_t(written));
  }
  return {};
}

Status AtomicFile::commit() {
  if (descriptor_ < 0) return failed("cannot commit " + path_ + ": it is already closed");
  if (::fsync(descriptor_) != 0) return io_error("cannot sync", temporary_);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return io_error("cannot rename the new file to", path_);
  }
  ::close(std::exchange(descriptor_, -1));
  return sync_folder_of(path_);
}

Status write_file_atomic(const std::string& path, std::span<const std::byte> bytes) {
  TUTTI_ASSIGN(AtomicFile file, AtomicFile::create(path));
  TUTTI_CHECK(file.write(bytes));
  return file.commit();
}

Status write_file_atomic(const std::string& path, std::string_view text) {
  return write_file_atomic(path, std::as_bytes(std::span(text)));
}

}  // namespace tutti
