// The other end of IsolatedDecoder: what a media worker runs.
#pragma once

#include <functional>
#include <span>

#include "media/decode.h"

namespace tutti {

// What it decodes with; tests put decoders that misbehave in their place.
struct MediaDecoders {
  std::function<Result<Picture>(const MediaInput&, const MediaLimits&, Transparency)> picture;
  std::function<Result<Sound>(const MediaInput&, const MediaLimits&)> sound;
  // `count` of a video, spread evenly over it and fitted to side x side.
  std::function<Result<std::vector<Picture>>(const MediaInput&, int count, int side,
                                             const MediaLimits&)>
      frames;
  std::function<Picture(const Picture&, int side)> fit;

  static MediaDecoders real();  // those of media/decode.h
};

// Locks the process in, then answers requests on `socket` until the other end closes it. Returns an
// exit code; whatever goes wrong later kills the process, and the other end notices.
int serve_media(int socket, const MediaDecoders& decoders = MediaDecoders::real());

// The part after locking in. Returns where the other end is gone, or makes no sense.
void answer_requests(int socket, const MediaDecoders& decoders);

}  // namespace tutti
