// The eight ways of EXIF to turn a picture, which also cover the rotations of videos.
#pragma once

#include <utility>

#include "base/media_types.h"

namespace tutti {

// Orientations: 1 (as it is) to 8, as in EXIF 2.3 section 4.6.4; all else is taken as 1.
inline bool is_turned(int orientation) {
  return orientation >= 2 && orientation <= 8;
}

// A picture of its own, `orientation` being that of a turned one.
inline Picture turned(const PictureView& picture, int orientation) {
  const int w = picture.width, h = picture.height, channels = picture.channels;
  const bool sideways = orientation >= 5;
  Picture out = make_picture(sideways ? h : w, sideways ? w : h, channels);
  const bool from_right = orientation == 2 || orientation == 3 || orientation >= 7;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      int sx = sideways ? y : x, sy = sideways ? x : y;
      if (from_right) sx = w - 1 - sx;
      if (from_bottom) sy = h - 1 - sy;
      const uint8_t* source = picture.at(sx, sy);
      uint8_t* target = out.at(x, y);
      for (int c = 0; c < channels; ++c) target[c] = source[c];
    }
  }
  return out;
}

inline Picture turn_upright(Picture picture, int orientation) {
  return is_turned(orientation) ? turned(picture, orientation) : picture;
}

}  // namespace tutti
