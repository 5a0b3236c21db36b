// Small operations on pictures: size, cut, layers, sample grids. Pure functions, any thread.
// Sizes that make no sense are ErrorCode::usage.
#pragma once

#include <cstdint>
#include <span>

#include "base/media_types.h"
#include "base/result.h"

namespace tutti {

// What transparent pixels are put over: white.
struct Ground {
  uint8_t red = 255, green = 255, blue = 255;
};

// Fails where sides, channels (1, 3 or 4) and the number of bytes do not fit together.
Status check_picture(const Picture& picture);

// area averages (best for shrinking), bilinear is fast, lanczos is sharpest (best for enlarging).
enum class Filter { area, bilinear, lanczos };

// Same channels. Colours under transparency do not bleed: they are weighted by their alpha.
Result<Picture> resize(const Picture& picture, int width, int height, Filter filter = Filter::area);

// The rectangle must lie within the picture.
Result<Picture> crop(const Picture& picture, int x, int y, int width, int height);

// The largest square in the middle, resized to side x side.
Result<Picture> center_square(const Picture& picture, int side, Filter filter = Filter::area);

// RGB from any valid picture; transparent pixels show `ground`.
Picture to_rgb(const PictureView& picture, Ground ground = {});

// Lays `layer` (any channels) over `ground` with its top left corner at (x, y), which may lie
// outside; what sticks out is cut off. The result is RGB and of the ground's size.
Result<Picture> composite(const Picture& layer, const Picture& ground, int x = 0, int y = 0);

// Cells of the largest width and height among the pictures, row by row, each centred in its cell,
// with `padding` pixels between and around them. RGB.
Result<Picture> picture_grid(std::span<const Picture> pictures, int columns, int padding = 2,
                             Ground ground = {});

}  // namespace tutti
