// Frames into a video file, through FFmpeg.
//
//   TUTTI_ASSIGN(VideoWriter video, VideoWriter::create("out.mp4", {.width = 640, .height = 360}));
//   TUTTI_CHECK(video.write(frame));
//   TUTTI_CHECK(video.finish());
//
// ErrorCode::usage: a wrong size or an unknown extension; ErrorCode::failed: the file cannot be
// written. A file appears under its name only when it is complete. May be called from any thread.
#pragma once

#include <memory>
#include <string>

#include "base/media_types.h"
#include "base/result.h"

namespace tutti {

struct VideoOptions {
  int width = 0;  // of every frame
  int height = 0;
  double frames_per_second = 30;
  int quality = 20;  // x264's crf: 0 is nearly exact, 51 is worst
};

// H.264 (MPEG-4 part 2 where FFmpeg lacks x264), yuv420p, in the container that the extension
// names: mp4, mov, mkv, avi, ts. Odd sizes are padded by one repeated row or column. Use from one
// thread.
class VideoWriter {
 public:
  static Result<VideoWriter> create(const std::string& path, const VideoOptions& options);
  VideoWriter(VideoWriter&&) noexcept;
  VideoWriter& operator=(VideoWriter&&) noexcept;
  ~VideoWriter();  // without finish() nothing is left behind

  Status write(const Picture& frame);  // any channels; of the size given to create()
  Status finish();                     // once, last

 private:
  struct State;
  explicit VideoWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

Status save_clip(const std::string& path, const Clip& clip);

}  // namespace tutti
