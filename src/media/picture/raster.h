// Drawing for the scene generator: resizing, sprites with sub-pixel poses, exact coverage masks.
// Integer arithmetic wherever pixels are made, so that a seed gives the same bytes on every
// machine. Functions assume sane pictures; check_library() in data/scene/scene.h is the boundary
// that makes sure.
#pragma once

#include <vector>

#include "base/media_types.h"
#include "base/rng.h"

namespace tutti {

struct Rgb {
  int r = 0, g = 0, b = 0;
};

// Pixels; right and bottom are exclusive. Empty when right <= left.
struct Box {
  int left = 0, top = 0, right = 0, bottom = 0;

  int width() const { return right - left; }
  int height() const { return bottom - top; }
};

// Area average where it shrinks, bilinear where it grows, each axis by itself. Any channel count;
// RGBA must be premultiplied. `from` must lie within the picture and not be empty.
Picture resize_picture(const PictureView& source, Box from, int width, int height);
Picture resize_picture(const PictureView& source, int width, int height);

// A copy with colours multiplied by alpha, cut to `from`; optionally mirrored left to right.
Picture premultiply(const Picture& rgba, Box from, bool mirrored);
Picture mirror(const Picture& picture);

// Three box passes of 3x3 stand for a Gaussian; one pass has a standard deviation of 0.8 pixels.
void box_blur(Picture& picture, int passes);

// The smallest box around samples of the last channel that reach `threshold`.
Box bounds_of(const Picture& picture, int threshold);

// sin(2 pi turns) within 4e-6 by a polynomial: libm differs between machines in the last bit.
double sine_of_turns(double turns);

// A premultiplied RGBA picture ready to be drawn at any scale from its own size down.
class Stamp {
 public:
  Stamp() = default;
  // Shrinks or grows the picture so that its longer side has `size` pixels.
  Stamp(const Picture& premultiplied, int size);

  int width() const { return levels_.empty() ? 0 : levels_[0].width; }
  int height() const { return levels_.empty() ? 0 : levels_[0].height; }

  // The level drawn at `scale`: halved until what is left to shrink is less than half.
  const Picture& level(double scale) const;
  // Halved copies; needed only where the stamp will be drawn at scales below 1/2.
  void add_levels();

 private:
  std::vector<Picture> levels_;
};

struct Pose {
  double x = 0, y = 0;  // centre, pixels
  double scale = 1;     // of the stamp's own size
  double turns = 0;     // clockwise
  int opacity = 255;
};

// An RGB picture and, per drawn object, how much of it each pixel shows.
struct Canvas {
  Picture image;
  std::vector<Picture> masks;  // 1 channel; what later objects cover is already taken off
};

// Draws over what is there, lowers earlier masks by what is now hidden and appends the new mask.
// Returns the object's full coverage, the sum of its alpha on the canvas before anything hides it.
int64_t draw_stamp(Canvas& canvas, const Stamp& stamp, const Pose& pose);
// The same without masks, for callers that need pixels only.
void draw_stamp(Picture& image, const Stamp& stamp, const Pose& pose);

// How much of a mask the stamp would hide, exactly as draw_stamp() would lower it.
int64_t hidden_by(const Picture& mask, const Stamp& stamp, const Pose& pose);
int64_t coverage_sum(const Picture& mask);

inline int divide_by_255(int x) {
  return (x + 128 + ((x + 128) >> 8)) >> 8;
}
inline uint8_t clamp_byte(int x) {
  return uint8_t(x < 0 ? 0 : x > 255 ? 255 : x);
}

}  // namespace tutti
