// Uploaded bytes as parts of a prompt, within a request's limits. Blocking; for workers.
#pragma once

#include <span>

#include "serve/api/api.h"

namespace tutti {

Result<Part> picture_part(std::span<const uint8_t> bytes, const ApiLimits& limits);
// `seconds`, if given, receives how long the sound is.
Result<Part> sound_part(std::span<const uint8_t> bytes, const ApiLimits& limits,
                        double* seconds = nullptr);
// Sixteen frames spread over the video; its sound is not heard.
Result<Part> video_part(std::span<const uint8_t> bytes, const ApiLimits& limits);

}  // namespace tutti
