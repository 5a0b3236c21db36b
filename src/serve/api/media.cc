#include "serve/api/media.h"

#include "media/dsp/mel.h"
#include "serve/api/api.h"

namespace tutti {

MediaLimits media_limits(const ApiLimits& limits) {
  MediaLimits media;
  media.max_bytes = limits.most_body_bytes;
  media.max_pixels = limits.most_pixels;
  media.max_seconds = limits.most_seconds_of_audio;
  return media;
}

Result<Part> decode_upload(const MediaUpload& upload, const IsolatedDecoder& decoder,
                           const MediaLimits& limits, const DecodeControl& control) {
  const std::vector<uint8_t>& bytes = upload.bytes;
  if (upload.kind == Part::Kind::picture) {
    TUTTI_ASSIGN(Picture picture, decoder.load_fitted_picture(bytes, kImageSize, limits, control));
    return Part::of_picture(std::move(picture));
  }
  if (upload.kind == Part::Kind::clip) {
    TUTTI_ASSIGN(std::vector<Picture> frames,
                 decoder.load_frames(bytes, kClipFrames, kImageSize, limits, control));
    return Part::of_clip(std::move(frames));
  }
  TUTTI_ASSIGN(const Sound sound, decoder.load_sound(bytes, limits, control));
  TUTTI_ASSIGN(Mel mel, log_mel(sound));
  if (mel.frames() == 0) return bad_input("the sound is shorter than 10 ms");
  return Part::of_audio(std::move(mel));
}

}  // namespace tutti
