// A mutex that is had in the order in which it was asked for. A std::mutex may go to the thread
// that has just let go of it again and again, while others wait.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace tutti {

class OrderedMutex {
 public:
  void lock() {
    std::unique_lock lock(mutex_);
    const uint64_t place = asked_++;
    changed_.wait(lock, [&] { return place == served_; });
  }
  void unlock() {
    const std::lock_guard lock(mutex_);
    ++served_;
    changed_.notify_all();
  }
  // Beside the one that has it.
  uint64_t waiting() const {
    const std::lock_guard lock(mutex_);
    return asked_ > served_ ? asked_ - served_ - 1 : 0;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t asked_ = 0, served_ = 0;
};

}  // namespace tutti
