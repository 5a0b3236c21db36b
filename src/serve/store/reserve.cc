#include "serve/store/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tutti {
namespace {

// Ten times what the journal of one small step of a deletion takes (state.cc), or, on small disks,
// twice.
constexpr off_t kSizes[] = {off_t(1) << 20, off_t(256) << 10};

}  // namespace

bool Reserve::make() {
  if (path_.empty()) return there_ = true;
  if (there_ && access(path_.c_str(), F_OK) == 0) return true;
  const int file = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return false;
  for (const off_t size : kSizes) {
    there_ = posix_fallocate(file, 0, size) == 0;
    if (there_) break;
  }
  close(file);
  if (!there_) unlink(path_.c_str());
  return there_;
}

void Reserve::give_up() {
  if (!path_.empty()) unlink(path_.c_str());
  there_ = false;
}

}  // namespace tutti
