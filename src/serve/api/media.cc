#include "serve/api/media.h"

#include "data/mix/mixer.h"
#include "media/decode.h"
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

Result<Part> picture_part(std::span<const uint8_t> bytes, const ApiLimits& limits) {
  TUTTI_ASSIGN(const Picture picture, load_picture(bytes, media_limits(limits)));
  return Part::of_picture(fit_picture(picture, kImageSize));
}

Result<Part> sound_part(std::span<const uint8_t> bytes, const ApiLimits& limits, double* seconds) {
  TUTTI_ASSIGN(const Sound sound, load_sound(bytes, media_limits(limits)));
  if (seconds) *seconds = sound.seconds();
  TUTTI_ASSIGN(Mel mel, log_mel(sound));
  if (mel.frames() == 0) return bad_input("the sound is shorter than 10 ms");
  return Part::of_audio(std::move(mel));
}

Result<Part> video_part(std::span<const uint8_t> bytes, const ApiLimits& limits) {
  constexpr size_t kMostKept = 512;
  TUTTI_ASSIGN(VideoReader reader, VideoReader::open(bytes, media_limits(limits)));
  const size_t most_frames =
      size_t(std::min(120.0, reader.frames_per_second()) * limits.most_seconds_of_video) + 1;
  std::vector<Picture> kept;
  // Whenever too many frames are kept, every other one is dropped and half as many are taken.
  size_t stride = 1;
  for (size_t index = 0;; ++index) {
    TUTTI_ASSIGN(const std::optional<Picture> frame, reader.next());
    if (!frame) break;
    if (index >= most_frames)
      return bad_input("the video is longer than the " +
                       std::to_string(int(limits.most_seconds_of_video)) + " s accepted; cut it");
    if (index % stride) continue;
    kept.push_back(fit_picture(*frame, kImageSize));
    if (kept.size() < kMostKept) continue;
    for (size_t i = 0; i < kMostKept / 2; ++i) kept[i] = std::move(kept[2 * i]);
    kept.resize(kMostKept / 2);
    stride *= 2;
  }
  if (kept.empty()) return bad_input("the video holds no frame that can be decoded");
  std::vector<Picture> chosen;
  for (size_t i = 0; i < kClipFrames; ++i)
    chosen.push_back(kept[(2 * i + 1) * kept.size() / (2 * kClipFrames)]);
  return Part::of_clip(std::move(chosen));
}

}  // namespace tutti
