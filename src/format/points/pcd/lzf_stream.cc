#include "format/points/pcd/lzf_stream.h"

namespace tutti {

uint8_t LzfStream::take() {
  const auto byte = uint8_t(packed_.front());
  packed_.remove_prefix(1);
  return byte;
}

// 000lllll: l + 1 bytes follow. Else lllddddd, for l = 7 a byte that is added to l, and a byte d':
// l + 2 bytes as they stand d * 256 + d' + 1 bytes back.
bool LzfStream::next_run() {
  if (packed_.empty()) return false;
  const uint8_t control = take();
  const bool literal = control < 32;
  run_ = literal ? size_t(control) + 1 : size_t(control >> 5) + 2;
  back_ = 0;
  if (literal) return run_ <= packed_.size();
  const bool is_long = run_ == 9;
  if (packed_.size() < (is_long ? 2 : 1)) return false;
  if (is_long) run_ += take();
  back_ = (size_t(control & 31) << 8) + take() + 1;
  return back_ <= done_;
}

bool LzfStream::read(char* out, size_t size) {
  for (; size > 0; --size) {
    if (run_ == 0 && !next_run()) return false;
    const char byte = back_ > 0 ? window_[(done_ - back_) % kWindow] : char(take());
    window_[done_++ % kWindow] = byte;
    --run_;
    if (out) *out++ = byte;
  }
  return true;
}

}  // namespace tutti
