// What a request may bring as bytes, and how these become a part of a prompt, within a request's
// limits and fitted to what the model reads. All are decoded in processes of their own
// (serve/media/). A new kind: a row of kUploadKinds, one of kMediaUrls, and, where no process
// decodes it yet, a Kind of serve/media/wire.h.
#pragma once

#include <string_view>

#include "serve/api/uploads/draft.h"
#include "serve/media/isolated_decoder.h"

namespace tutti {

struct ApiLimits;
MediaLimits media_limits(const ApiLimits& limits);

// Who decodes uploads, and for how long.
struct DecodeMeans {
  const IsolatedDecoder& decoder;
  const MediaLimits& limits;
  DecodeControl control;
};

struct UploadKind {
  const char* field;  // of a message's part: "input_audio", or one of kMediaUrls
  Part becomes;       // without what is decoded
  // Blocking; for the threads of decode_queue.h.
  Result<Part> (*decode)(const MediaUpload& upload, const DecodeMeans& means);
};

// `field` is one of the table's.
const UploadKind& upload_kind(std::string_view field);

}  // namespace tutti
