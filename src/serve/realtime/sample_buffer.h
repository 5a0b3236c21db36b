// Samples that are appended at one end and dropped at the other, in any number of pieces: each is
// moved about once, whatever the pieces. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace tutti {

class SampleBuffer {
 public:
  size_t size() const { return all_.size() - begin_; }
  std::span<const float> samples() const { return std::span(all_).subspan(begin_); }
  // What it takes, and what it would take at most with that many samples more.
  size_t bytes() const { return all_.capacity() * sizeof(float); }
  size_t bytes_with(size_t more) const {
    return std::max(all_.capacity(), 2 * (all_.size() + more)) * sizeof(float);
  }

  void append(std::span<const float> more) { all_.insert(all_.end(), more.begin(), more.end()); }

  // The first ones; of less than a half they stay where they are, and are not shown any more.
  void drop(size_t count) {
    begin_ += std::min(count, size());
    if (begin_ <= all_.size() / 2 && begin_ < all_.size()) return;
    all_.erase(all_.begin(), all_.begin() + std::ptrdiff_t(begin_));
    begin_ = 0;
    if (all_.capacity() > 4 * all_.size() + kSpare) all_.shrink_to_fit();
  }

 private:
  static constexpr size_t kSpare = 16000;

  std::vector<float> all_;
  size_t begin_ = 0;  // of those that have not been dropped
};

}  // namespace tutti
