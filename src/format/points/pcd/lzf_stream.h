// Bytes that LZF packed, as PCD's binary_compressed has them, one after the other: what comes out
// of a small file may be 88 times as large, and takes no memory here.
//
// Rejected: liblzf, which wants room for all of it at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tutti {

class LzfStream {
 public:
  explicit LzfStream(std::string_view packed) : packed_(packed) {}

  // The next `size` bytes, which are dropped where `out` is null. False where the stream ends
  // before, or is damaged.
  bool read(char* out, size_t size);
  // Nothing is left.
  bool at_end() const { return packed_.empty() && run_ == 0; }

 private:
  // How far back a copy reaches.
  static constexpr size_t kWindow = size_t(1) << 13;

  bool next_run();
  uint8_t take();

  std::string_view packed_;
  std::array<char, kWindow> window_{};  // what came out last, each byte at its place modulo kWindow
  size_t done_ = 0, run_ = 0;           // bytes: that came out; left of this run
  size_t back_ = 0;                     // where they are copied from; 0: they stand in the stream
};

}  // namespace tutti
