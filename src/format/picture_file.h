// PNG and JPEG without FFmpeg, through the stb headers. Used by shards, by the trainer, and for
// previews; media/ reads everything else.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/media_types.h"
#include "base/result.h"

namespace tutti {

// 1, 3 or 4 channels. Empty when width * height * channels does not fit `pixels`, is zero, or
// exceeds 1 GiB; equal pictures give equal bytes.
std::string encode_png(const Picture& picture);
// Quality 1 (small) to 100 (best), clamped. Alpha is dropped; 420 chroma up to quality 90.
std::string encode_jpeg(const Picture& picture, int quality);

struct PictureLimits {
  int largest_side = 16384;
  size_t most_pixels = size_t(64) << 20;
};

// 8-bit samples with the file's channels: 1, 3 or 4 (grey with alpha becomes 4; 16-bit is rounded
// down). Sizes are checked before decoding, and memory stays within 32 bytes a pixel.
Result<Picture> decode_picture(std::span<const std::byte> file, const PictureLimits& limits = {});

}  // namespace tutti
