#include "serve/api/media.h"

#include "media/mel.h"

namespace tutti {
namespace {

MediaLimits media_limits(const ApiLimits& limits) {
  MediaLimits media;
  media.max_bytes = limits.most_body_bytes;
  media.max_pixels = limits.most_pixels;
  media.max_seconds = limits.most_seconds_of_audio;
  return media;
}

}  // namespace

Result<Part> picture_part(std::span<const uint8_t> bytes, const Api& api) {
  TUTTI_ASSIGN(Picture picture,
               api.decoder().load_fitted_picture(bytes, kImageSize, media_limits(api.limits())));
  return Part::of_picture(std::move(picture));
}

Result<Part> sound_part(std::span<const uint8_t> bytes, const Api& api, double* seconds) {
  TUTTI_ASSIGN(const Sound sound, api.decoder().load_sound(bytes, media_limits(api.limits())));
  if (seconds) *seconds = sound.seconds();
  TUTTI_ASSIGN(Mel mel, log_mel(sound));
  if (mel.frames() == 0) return bad_input("the sound is shorter than 10 ms");
  return Part::of_audio(std::move(mel));
}

Result<Part> video_part(std::span<const uint8_t> bytes, const Api& api) {
  TUTTI_ASSIGN(
      std::vector<Picture> frames,
      api.decoder().load_frames(bytes, kClipFrames, kImageSize, media_limits(api.limits())));
  return Part::of_clip(std::move(frames));
}

}  // namespace tutti
