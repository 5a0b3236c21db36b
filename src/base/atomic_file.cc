#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace tutti {
namespace {

namespace fs = std::filesystem;

std::string_view hint_of(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return "; free some space on the disk and try again";
    case ENOENT:
    case ENOTDIR:
      return "; make its folder first";
    case EISDIR:
      return "; name a file in it";
    case EACCES:
    case EPERM:
    case EROFS:
      return "; choose a folder that may be written to";
    default:
      return "";
  }
}

Error io_error(const std::string& action, const std::string& path, int code) {
  return failed(action + " " + path + ": " + std::generic_category().message(code) +
                std::string(hint_of(code)));
}

// Process numbers are not enough: in a container every process has the same one, and a killed one
// leaves its file behind.
std::string temporary_name(const std::string& path) {
  static constexpr char kDigits[] = "0123456789abcdefghjkmnpqrstvwxyz";
  unsigned char random[10] = {};
  (void)!::getrandom(random, sizeof random, 0);
  std::string name = path + ".tmp.";
  for (const unsigned char byte : random) name += kDigits[byte & 31];
  return name;
}

// Where the bytes of `path` are: behind symbolic links.
std::string resolved(const std::string& path) {
  std::error_code problem;
  if (!fs::is_symlink(path, problem)) return path;
  const fs::path target = fs::weakly_canonical(path, problem);
  return problem || fs::is_symlink(target, problem) ? path : target.string();
}

}  // namespace

Status sync_folder(const std::string& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return io_error("cannot open the folder", folder, errno);
  // EINVAL: the file system cannot.
  const int code = ::fsync(descriptor) == 0 || errno == EINVAL ? 0 : errno;
  ::close(descriptor);
  if (code) return io_error("cannot sync the folder", folder, code);
  return {};
}

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
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Error cannot_write(const std::string& path, int code) {
  return io_error("cannot write", path, code);
}

Result<AtomicFile> AtomicFile::create(const std::string& given, unsigned mode) {
  const std::string path = resolved(given);
  struct stat there = {};
  if (::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
    if (S_ISDIR(there.st_mode)) return cannot_write(path, EISDIR);
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return cannot_write(path, errno);
    return AtomicFile(descriptor, path, "");
  }
  // open() rather than mkstemp(), so that the umask decides the mode.
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string temporary = temporary_name(path);
    const int descriptor =
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode));
    if (descriptor >= 0) return AtomicFile(descriptor, path, temporary);
    if (errno != EEXIST) return cannot_write(path, errno);
  }
  return failed("cannot write " + path + ": every name for a new file beside it is taken");
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  if (descriptor_ < 0) return failed("cannot write " + path_ + ": it is already closed");
  while (!bytes.empty()) {
    // Linux writes at most 2 GiB a call.
    const ssize_t written =
        ::write(descriptor_, bytes.data(), std::min(bytes.size(), size_t(1) << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return cannot_write(path_, errno);
    bytes = bytes.subspan(size_t(written));
  }
  return {};
}

Status AtomicFile::finish() {
  if (temporary_.empty()) return {};
  if (::fsync(descriptor_) != 0) return cannot_write(path_, errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    return io_error("cannot rename the new file to", path_, errno);
  temporary_.clear();
  // The rename itself lives in the folder.
  const std::string folder = fs::path(path_).parent_path().string();
  return sync_folder(folder.empty() ? "." : folder);
}

Status AtomicFile::commit() {
  if (descriptor_ < 0) return failed("cannot commit " + path_ + ": it is already closed");
  Status status = finish();
  discard();
  return status;
}

Status write_file_atomic(const std::string& path, std::span<const std::byte> bytes) {
  TUTTI_ASSIGN(AtomicFile file, AtomicFile::create(path));
  TUTTI_CHECK(file.write(bytes));
  return file.commit();
}

Status write_file_atomic(const std::string& path, std::span<const uint8_t> bytes) {
  return write_file_atomic(path, std::as_bytes(bytes));
}

Status write_file_atomic(const std::string& path, std::string_view text) {
  return write_file_atomic(path, std::as_bytes(std::span(text)));
}

}  // namespace tutti
