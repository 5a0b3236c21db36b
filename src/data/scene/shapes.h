// The built-in shapes and colours, so that scenes need no files. To add one: a row here, and its
// words in vocabulary.cc (a test compares the lengths).
#pragma once

#include "base/media_types.h"
#include "media/picture/raster.h"

namespace tutti {

// In the order of the masters and of the vocabulary.
enum ShapeId { circle, square, triangle, star, diamond, heart, cross, hexagon, ring, arrow };
constexpr int kShapeCount = 10;
// A turn of these looks the same or nearly so.
inline bool looks_round(int shape) {
  return shape == circle || shape == ring;
}

// red, orange, yellow, green, blue, purple, pink, brown, black, white
constexpr int kColourCount = 10;
Rgb named_colour(int colour);
// A shade of it that is still nearer to this name than to any other.
Rgb shade_of(int colour, Rng& rng);
int nearest_colour(Rgb rgb);
// Squared difference with the eye's rough weights (2, 4, 3); plain bytes, no gamma.
int colour_distance(Rgb a, Rgb b);

// The shape filled with one colour, premultiplied RGBA, its longer side `size` pixels.
Stamp shape_stamp(int shape, Rgb colour, int size);

}  // namespace tutti
