#include "media/frames.h"

#include <cstdlib>
#include <string>

#include "media/scaler.h"

namespace tutti {
namespace {

bool holds(const FramePlane& plane, int width) {
  return plane.data && std::abs(plane.stride) >= width;
}

Status check_frame(const YuvFrame& frame) {
  const int colours = (frame.width + 1) / 2;
  if (frame.width > 0 && frame.height > 0 && holds(frame.y, frame.width) &&
      holds(frame.u, colours) && holds(frame.v, colours))
    return {};
  return usage_error("a frame of " + std::to_string(frame.width) + " x " +
                     std::to_string(frame.height) +
                     " makes no sense; it needs three planes whose strides hold their rows");
}

// Points at the planes and owns nothing.
void show(const YuvFrame& frame, AVFrame& shell) {
  shell.format = AV_PIX_FMT_YUV420P;
  shell.width = frame.width;
  shell.height = frame.height;
  shell.colorspace =
      frame.matrix == YuvFrame::Matrix::bt709 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
  shell.color_range = frame.full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  const FramePlane* const planes[] = {&frame.y, &frame.u, &frame.v};
  for (int i = 0; i < 3; ++i) {
    shell.data[i] = const_cast<uint8_t*>(planes[i]->data);  // AVFrame has no constant data
    shell.linesize[i] = int(planes[i]->stride);
  }
}

}  // namespace

struct FrameFitter::State {
  Scaler scaler;
};

FrameFitter::FrameFitter() : state_(std::make_unique<State>()) {}
FrameFitter::FrameFitter(FrameFitter&&) noexcept = default;
FrameFitter& FrameFitter::operator=(FrameFitter&&) noexcept = default;
FrameFitter::~FrameFitter() = default;

Result<Picture> FrameFitter::fit(const YuvFrame& frame, int width, int height) {
  TUTTI_CHECK(check_frame(frame));
  const FramePtr shell(av_frame_alloc());
  if (!shell) return input_error(AVERROR(ENOMEM), {});
  show(frame, *shell);
  return fitted_picture(*shell, state_->scaler, width, height);
}

}  // namespace tutti
