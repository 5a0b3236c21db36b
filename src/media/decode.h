// Files and uploads into plain values (base/media_types.h), through FFmpeg.
//
//   Result<Picture> photo = load_picture("cat.jpg");
//   Result<Sound> speech = load_sound(upload_bytes);
//
//   TUTTI_ASSIGN(VideoReader video, VideoReader::open("street.mp4"));
//   for (;;) {
//     TUTTI_ASSIGN(std::optional<Picture> frame, video.next());
//     if (!frame) break;
//     ...
//   }
//
// What is not there, not a medium, damaged or beyond the limits is ErrorCode::bad_input. Pictures
// are strict: a truncated one is an error. Sounds and videos yield what comes before the damage, as
// any player does, and are an error only if that is nothing. The functions may be called from any
// thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/media_types.h"
#include "base/result.h"
#include "media/input.h"

namespace tutti {

enum class Transparency { over_white, keep };

// JPEG, PNG, WebP, BMP, or the first frame of a GIF or an animated WebP, turned upright where EXIF
// says how. RGB, with transparent pixels laid over white; or RGBA always, with Transparency::keep.
Result<Picture> load_picture(const MediaInput& input, const MediaLimits& limits = {},
                             Transparency transparency = Transparency::over_white);

// The sound of any container (WAV also with mu-law, MP3, FLAC, Ogg, M4A, or a video) as mono at
// 16 kHz: a mix of the channels that are not silent, or, where they cancel each other, the loudest.
// Samples that are no numbers are bad_input.
Result<Sound> load_sound(const MediaInput& input, const MediaLimits& limits = {});

// bad_input that names the first of the samples (at 16 kHz) that is infinite or no number.
Status check_samples(std::span<const float> samples);

// All frames of a video, in RGB. For long ones use VideoReader.
Result<Clip> load_clip(const MediaInput& input, const MediaLimits& limits = {});

class VideoReader;

// `count` frames spread evenly over what is left of a video of any length, each passed through
// `fit` as soon as it is decoded; at most 512 fitted ones are kept at a time. A video shorter than
// `count` repeats frames. An error where there is none.
Result<std::vector<Picture>> even_frames(VideoReader& video, size_t count,
                                         const std::function<Picture(const Picture&)>& fit);

// Pulls the frames of one video of any length; use from one thread at a time.
class VideoReader {
 public:
  // Of the limits only max_pixels counts here.
  static Result<VideoReader> open(const MediaInput& input, const MediaLimits& limits = {});
  VideoReader(VideoReader&&) noexcept;
  VideoReader& operator=(VideoReader&&) noexcept;
  ~VideoReader();

  // The next frame, RGB, width() x height(); nothing after the last one.
  Result<std::optional<Picture>> next();

  double frames_per_second() const;  // the average; 30 where the file does not say
  int width() const;                 // as shown: after the file's own rotation
  int height() const;

 private:
  struct State;
  explicit VideoReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tutti
