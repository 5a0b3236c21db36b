// A frame of a video as its codec holds it, planes of brightness and colour, seen in place; and
// small pictures straight from it, for a model that looks at 128 x 128 of a frame's 1920 x 1080:
// nothing of the frame's size is written.
//
//   FrameFitter fitter;
//   TUTTI_ASSIGN(const Picture small, fitter.fit(frame, 256, 144));
//
// Rejected: own loops over the planes. swscale's area averages with its exact flags give the same
// pictures in a quarter of the time; without these flags pairs of pixels share a colour.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/media_types.h"
#include "base/result.h"

namespace tutti {

// Rows of 8-bit samples, `stride` bytes from one to the next (negative: upside down).
struct FramePlane {
  const uint8_t* data = nullptr;
  ptrdiff_t stride = 0;
};

// 8-bit 4:2:0, a view. Colour has (width + 1) / 2 x (height + 1) / 2 samples, each for a square of
// four pixels. As in FFmpeg's own frames, 64 bytes behind each plane must be readable.
struct YuvFrame {
  enum class Matrix { bt601, bt709 };

  int width = 0, height = 0;
  FramePlane y, u, v;
  Matrix matrix = Matrix::bt709;
  bool full_range = false;  // 0 to 255; else 16 to 235, colours to 240
};

// Keeps its tables while frames and sizes stay alike. Not thread-safe.
class FrameFitter {
 public:
  FrameFitter();
  FrameFitter(FrameFitter&&) noexcept;
  FrameFitter& operator=(FrameFitter&&) noexcept;
  ~FrameFitter();

  // width x height RGB: the average of what each pixel covers; bilinear where it grows. usage_error
  // for a view or a size that makes no sense.
  Result<Picture> fit(const YuvFrame& frame, int width, int height);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tutti
