// What a media worker answers, whatever it decodes with. serve_media.h runs it, locked in.
#pragma once

#include <functional>
#include <span>

#include "base/media_types.h"
#include "base/result.h"
#include "media/decode_picture.h"
#include "media/points/cloud_rows.h"

namespace tutti {

// What it decodes with; tests put decoders that misbehave in their place.
struct MediaDecoders {
  std::function<Result<Picture>(const MediaInput&, const MediaLimits&, Transparency)> picture;
  std::function<Result<Sound>(const MediaInput&, const MediaLimits&)> sound;
  // `count` of a video, spread evenly over it and fitted to side x side.
  std::function<Result<std::vector<Picture>>(const MediaInput&, int count, int side,
                                             const MediaLimits&)>
      frames;
  std::function<Result<Picture>(const MediaInput&, int side, const MediaLimits&)> fitted_picture;
  std::function<Result<Rows>(const MediaInput&, const MediaLimits&, UpAxis)> cloud;
};

// Answers requests on `socket`. Returns where the other end is gone, or makes no sense.
void answer_requests(int socket, const MediaDecoders& decoders);

}  // namespace tutti
