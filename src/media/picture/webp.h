// The container of WebP (RFC 9649), as far as FFmpeg 5 does not read it: it decodes stills alone,
// so the first frame of an animation is cut out and wrapped as a still. Internal; hostile bytes are
// its daily bread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "media/picture/picture_size.h"

namespace tutti {

bool is_webp(std::string_view file);

// The canvas; nothing where the head is damaged.
std::optional<PictureSize> webp_size(std::string_view file);

// Where in the canvas the first frame of an animation lies, and its picture as a file of its own.
struct WebpFrame {
  PictureSize canvas;
  uint32_t left = 0, top = 0;
  std::vector<uint8_t> still;
};

// Nothing for a still. bad_input where the animation is cut short, holds no frame, or its frame
// does not lie within the canvas.
Result<std::optional<WebpFrame>> first_webp_frame(std::string_view file);

}  // namespace tutti
