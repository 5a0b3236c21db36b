#include "media/picture_ops.h"

#include <algorithm>
#include <string>

#include "media/scaler.h"

namespace tutti {
namespace {

constexpr int most_side = 1 << 16;
constexpr int64_t most_pixels = int64_t(1) << 28;

std::string size_text(int width, int height) {
  return std::to_string(width) + " x " + std::to_string(height);
}

bool sensible(int width, int height) {
  return width > 0 && height > 0 && width <= most_side && height <= most_side &&
         int64_t(width) * height <= most_pixels;
}

// a * b / 255, rounded, for bytes.
int scaled(int a, int b) {
  return (a * b + 127) / 255;
}

int sws_flags(Filter filter) {
  switch (filter) {
    case Filter::area:
      return SWS_AREA | SWS_ACCURATE_RND;
    case Filter::bilinear:
      return SWS_BILINEAR | SWS_ACCURATE_RND;
    case Filter::lanczos:
      return SWS_LANCZOS | SWS_ACCURATE_RND;
  }
  return SWS_AREA;
}

// Channels as planes. swscale scales RGB by way of YUV, which loses colour; planes that it takes
// for Y, U, V (and alpha) of 4:4:4 it scales one by one.
AVPixelFormat planes(int channels) {
  return channels == 4   ? AV_PIX_FMT_YUVA444P
         : channels == 3 ? AV_PIX_FMT_YUV444P
                         : AV_PIX_FMT_GRAY8;
}

void split(const Picture& picture, AVFrame& frame) {
  const int channels = picture.channels;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const uint8_t* pixel = picture.at(x, y);
      const int weight = channels == 4 ? pixel[3] : 255;
      for (int c = 0; c < channels; ++c) {
        const bool colour = channels == 4 && c < 3;
        frame.data[c][ptrdiff_t(y) * frame.linesize[c] + x] =
            uint8_t(colour ? scaled(pixel[c], weight) : pixel[c]);
      }
    }
  }
}

Picture joined(const AVFrame& frame, int channels) {
  Picture picture = make_picture(frame.width, frame.height, channels);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      uint8_t* pixel = picture.at(x, y);
      for (int c = 0; c < channels; ++c) {
        pixel[c] = frame.data[c][ptrdiff_t(y) * frame.linesize[c] + x];
      }
      if (channels == 4 && pixel[3] > 0) {
        const int alpha = pixel[3];
        for (int c = 0; c < 3; ++c) {
          pixel[c] = uint8_t(std::min(255, (pixel[c] * 255 + alpha / 2) / alpha));
        }
      }
    }
  }
  return picture;
}

}  // namespace

Status check_picture(const Picture& picture) {
  const bool channels = picture.channels == 1 || picture.channels == 3 || picture.channels == 4;
  if (sensible(picture.width, picture.height) && channels &&
      picture.pixels.size() == size_t(picture.width) * picture.height * picture.channels) {
    return {};
  }
  return usage_error(
      "a picture of " + size_text(picture.width, picture.height) + " with " +
      std::to_string(picture.channels) + " channels and " + std::to_string(picture.pixels.size()) +
      " bytes makes no sense; wanted are 1, 3 or 4 channels, sides of 1 to 65536 and " +
      "width * height * channels bytes");
}

Result<Picture> resize(const Picture& picture, int width, int height, Filter filter) {
  silence_av_log();
  TUTTI_CHECK(check_picture(picture));
  if (!sensible(width, height)) {
    return usage_error("cannot resize to " + size_text(width, height) +
                       "; sides of 1 to 65536 are accepted");
  }
  if (width == picture.width && height == picture.height) return picture;
  const AVPixelFormat format = planes(picture.channels);
  TUTTI_ASSIGN(const FramePtr from, make_video_frame(picture.width, picture.height, format));
  TUTTI_ASSIGN(const FramePtr to, make_video_frame(width, height, format));
  to->colorspace = from->colorspace;  // the same on both sides: no conversion
  split(picture, *from);
  Scaler scaler;
  TUTTI_CHECK(scaler.run(*from, *to, sws_flags(filter)));
  return joined(*to, picture.channels);
}

Result<Picture> crop(const Picture& picture, int x, int y, int width, int height) {
  TUTTI_CHECK(check_picture(picture));
  if (x < 0 || y < 0 || width < 1 || height < 1 || width > picture.width - x ||
      height > picture.height - y) {
    return usage_error("cannot cut " + size_text(width, height) + " at (" + std::to_string(x) +
                       ", " + std::to_string(y) + ") out of a picture of " +
                       size_text(picture.width, picture.height) + "; stay within it");
  }
  Picture out = make_picture(width, height, picture.channels);
  for (int row = 0; row < height; ++row) {
    std::copy_n(picture.at(x, y + row), size_t(width) * picture.channels, out.at(0, row));
  }
  return out;
}

Result<Picture> center_square(const Picture& picture, int side, Filter filter) {
  const int least = std::min(picture.width, picture.height);
  TUTTI_ASSIGN(const Picture square, crop(picture, (picture.width - least) / 2,
                                          (picture.height - least) / 2, least, least));
  return resize(square, side, side, filter);
}

Picture to_rgb(const PictureView& picture, Ground ground) {
  const int under[3] = {ground.red, ground.green, ground.blue};
  const auto lay = [&](const uint8_t* from, int c) {
    if (picture.channels < 4) return from[picture.channels == 1 ? 0 : c];
    return uint8_t((from[c] * from[3] + under[c] * (255 - from[3]) + 127) / 255);
  };
  Picture out = make_picture(picture.width, picture.height, 3);
  uint8_t* to = out.pixels.data();
  for (int y = 0; y < out.height; ++y) {
    const uint8_t* from = picture.at(0, y);
    for (int x = 0; x < out.width; ++x, from += picture.channels)
      for (int c = 0; c < 3; ++c) *to++ = lay(from, c);
  }
  return out;
}

Result<Picture> composite(const Picture& layer, const Picture& ground, int x, int y) {
  TUTTI_CHECK(check_picture(layer));
  TUTTI_CHECK(check_picture(ground));
  Picture out = to_rgb(ground);
  const int64_t left = std::max(0, x),
                right = std::min<int64_t>(out.width, int64_t(x) + layer.width);
  const int64_t top = std::max(0, y),
                low = std::min<int64_t>(out.height, int64_t(y) + layer.height);
  for (int64_t row = top; row < low; ++row) {
    for (int64_t column = left; column < right; ++column) {
      const uint8_t* over = layer.at(int(column - x), int(row - y));
      uint8_t* under = out.at(int(column), int(row));
      const int alpha = layer.channels == 4 ? over[3] : 255;
      for (int c = 0; c < 3; ++c) {
        const int colour = over[layer.channels == 1 ? 0 : c];
        under[c] = uint8_t((colour * alpha + under[c] * (255 - alpha) + 127) / 255);
      }
    }
  }
  return out;
}

Result<Picture> picture_grid(std::span<const Picture> pictures, int columns, int padding,
                             Ground ground) {
  if (pictures.empty() || columns < 1 || padding < 0 || padding > most_side) {
    return usage_error("a grid got " + std::to_string(pictures.size()) + " pictures in " +
                       std::to_string(columns) + " columns, padding " + std::to_string(padding) +
                       "; it wants at least one of the first two and padding from 0");
  }
  int64_t cell_width = 0, cell_height = 0;
  for (const Picture& picture : pictures) {
    TUTTI_CHECK(check_picture(picture));
    cell_width = std::max<int64_t>(cell_width, picture.width);
    cell_height = std::max<int64_t>(cell_height, picture.height);
  }
  const int64_t across = std::min<int64_t>(columns, int64_t(pictures.size()));
  const int64_t down = (int64_t(pictures.size()) + across - 1) / across;
  const int64_t width = across * (cell_width + padding) + padding;
  const int64_t height = down * (cell_height + padding) + padding;
  if (width > most_side || height > most_side || !sensible(int(width), int(height))) {
    return usage_error("a grid of " + std::to_string(width) + " x " + std::to_string(height) +
                       " pixels is too large; use fewer or smaller pictures");
  }
  Picture out = to_rgb(make_picture(int(width), int(height), 4), ground);
  for (size_t i = 0; i < pictures.size(); ++i) {
    const Picture cell = to_rgb(pictures[i], ground);
    const int64_t x = padding + int64_t(i) % across * (cell_width + padding);
    const int64_t y = padding + int64_t(i) / across * (cell_height + padding);
    for (int row = 0; row < cell.height; ++row) {
      std::copy_n(cell.at(0, row), size_t(cell.width) * 3,
                  out.at(int(x + (cell_width - cell.width) / 2),
                         int(y + (cell_height - cell.height) / 2) + row));
    }
  }
  return out;
}

}  // namespace tutti
