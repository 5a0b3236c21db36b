// Uploaded bytes as parts of a prompt, decoded in a process of their own (serve/media/), within a
// request's limits. Blocking; for workers.
#pragma once

#include <span>

#include "serve/api/api.h"

namespace tutti {

Result<Part> picture_part(std::span<const uint8_t> bytes, const Api& api);
// `seconds`, if given, receives how long the sound is.
Result<Part> sound_part(std::span<const uint8_t> bytes, const Api& api, double* seconds = nullptr);
// Sixteen frames spread over the video; its sound is not heard.
Result<Part> video_part(std::span<const uint8_t> bytes, const Api& api);

}  // namespace tutti
