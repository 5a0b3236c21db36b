#include "media/picture/fit_picture.h"

#include "media/picture/raster.h"

namespace tutti {

Picture fit_picture(const PictureView& picture, int side) {
  Picture fitted = resize_picture(picture, side, side);
  if (fitted.channels == 3) return fitted;
  Picture rgb = make_picture(side, side, 3);
  for (int i = 0; i < side * side; ++i) {
    const uint8_t* source = fitted.pixels.data() + size_t(i) * fitted.channels;
    for (int c = 0; c < 3; ++c)
      rgb.pixels[i * 3 + c] =
          fitted.channels == 1
              ? source[0]
              : uint8_t(divide_by_255(source[c] * source[3] + 255 * (255 - source[3])));
  }
  return rgb;
}

}  // namespace tutti
