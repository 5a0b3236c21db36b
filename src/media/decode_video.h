// The frames of a video, through FFmpeg.
//
//   TUTTI_ASSIGN(VideoReader video, VideoReader::open("street.mp4"));
//   for (;;) {
//     TUTTI_ASSIGN(std::optional<Picture> frame, video.next());
//     if (!frame) break;
//     ...
//   }
//
// Who needs small pictures takes them from the frame as it was coded (media/frames.h), here every
// other one:
//
//   for (;;) {
//     TUTTI_ASSIGN(const bool more, video.advance());
//     if (!more) break;
//     if (index++ % 2 == 0) { TUTTI_ASSIGN(small, video.fitted(128, 128)); }
//   }
//
// What is not there, not a video, or beyond the limits is ErrorCode::bad_input. A damaged file
// yields what comes before the damage, as any player does, and is an error only if that is nothing.
// The functions may be called from any thread.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/media_types.h"
#include "base/result.h"
#include "media/frames.h"
#include "media/input.h"

namespace tutti {

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

  // Decodes the next frame and makes no picture of it; false after the last one.
  Result<bool> advance();
  // The frame that advance() decoded as width x height RGB, upright, without its full size in RGB.
  Result<Picture> fitted(int width, int height);
  // Its planes as they are coded, before the file's own rotation, where they are 8-bit 4:2:0 of
  // BT.601 or BT.709. Valid until the next call.
  std::optional<YuvFrame> planes() const;

  double frames_per_second() const;  // the average; 30 where the file does not say
  int width() const;                 // as shown: after the file's own rotation
  int height() const;

 private:
  struct State;
  explicit VideoReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// All frames of a video, in RGB. For long ones use VideoReader.
Result<Clip> load_clip(const MediaInput& input, const MediaLimits& limits = {});

// `count` frames spread evenly over what is left of a video of any length, each fitted to side x
// side as soon as it is decoded; at most 512 fitted ones are kept at a time. A video shorter than
// `count` repeats frames. An error where there is none.
Result<std::vector<Picture>> even_frames(VideoReader& video, size_t count, int side);

}  // namespace tutti
