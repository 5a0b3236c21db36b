// Pictures into FFmpeg's frames and back, with the right colours. Internal.
//
// Every buffer that swscale writes to is one of FFmpeg's own, because its vector code writes past
// the end of a row that is not padded.
#pragma once

#include <optional>

#include "base/media_types.h"
#include "base/result.h"
#include "media/av.h"
#include "media/frames.h"

namespace tutti {

// A frame with buffers, of `format` and size. Errors: out of memory or absurd sizes.
Result<FramePtr> make_video_frame(int width, int height, AVPixelFormat format);

// RGB24, RGBA or GRAY8, by the picture's channels.
Result<FramePtr> frame_of_picture(const Picture& picture);
// Of those three formats only.
PictureView view_of_frame(const AVFrame& frame);
Picture picture_of_frame(const AVFrame& frame);

// Sets what files leave out: HD is BT.709, all else BT.601 (what players assume, too), and the old
// yuvj formats become yuv with full range.
void complete_colours(AVFrame& frame);

// Converts format, size and colours; keeps swscale's tables while the frames stay alike. Not
// thread-safe.
class Scaler {
 public:
  Scaler() = default;
  Scaler(const Scaler&) = delete;
  Scaler& operator=(const Scaler&) = delete;
  ~Scaler() { sws_freeContext(context_); }

  // flags: SWS_*. Both frames have complete colours and buffers.
  Status run(const AVFrame& from, AVFrame& to, int flags);

 private:
  SwsContext* context_ = nullptr;
};

// For stills. Video takes fast paths instead: 1080p to RGB in 0.7 ms rather than 17.
inline constexpr int exact_scaling =
    SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP;

// For frames that become much smaller: 1080p to 128 x 128 RGB in 0.7 ms.
inline constexpr int exact_shrinking =
    SWS_AREA | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP;

// The frame, which has complete colours, as width x height RGB, with nothing of its own size made.
Result<Picture> fitted_picture(const AVFrame& frame, Scaler& scaler, int width, int height);

// The planes of a frame with complete colours; nothing where they are of another kind.
std::optional<YuvFrame> yuv_view(const AVFrame& frame);

}  // namespace tutti
