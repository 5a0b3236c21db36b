// An upload as a part of a prompt: decoded in a process of its own (serve/media/), within a
// request's limits, and fitted to what the model reads. Blocking; for the threads of
// decode_queue.h.
#pragma once

#include "serve/api/uploads/draft.h"
#include "serve/media/isolated_decoder.h"

namespace tutti {

struct ApiLimits;
MediaLimits media_limits(const ApiLimits& limits);

// Of a video sixteen frames spread over it; its sound is not heard.
Result<Part> decode_upload(const MediaUpload& upload, const IsolatedDecoder& decoder,
                           const MediaLimits& limits, const DecodeControl& control);

}  // namespace tutti
