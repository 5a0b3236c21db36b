#include "media/scaler.h"

#include <cstring>
#include <string>

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

namespace tutti {
namespace {

AVPixelFormat without_j(AVPixelFormat format) {
  switch (format) {
    case AV_PIX_FMT_YUVJ420P:
      return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ411P:
      return AV_PIX_FMT_YUV411P;
    case AV_PIX_FMT_YUVJ422P:
      return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ440P:
      return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ444P:
      return AV_PIX_FMT_YUV444P;
    default:
      return format;
  }
}

int channels_of(AVPixelFormat format) {
  if (format == AV_PIX_FMT_RGB24) return 3;
  return format == AV_PIX_FMT_RGBA ? 4 : 1;
}

const int* matrix_of(const AVFrame& frame) {
  // sws's indices for matrices are the numbers of AVColorSpace.
  return sws_getCoefficients(frame.colorspace);
}

}  // namespace

Result<FramePtr> make_video_frame(int width, int height, AVPixelFormat format) {
  FramePtr frame(av_frame_alloc());
  if (!frame) return input_error(AVERROR(ENOMEM), {});
  frame->width = width;
  frame->height = height;
  frame->format = format;
  int code = av_image_check_size(unsigned(width), unsigned(height), 0, nullptr);
  const bool sensible = code >= 0;
  if (sensible) code = av_frame_get_buffer(frame.get(), 0);
  if (sensible && code < 0) return input_error(AVERROR(ENOMEM), {});
  if (code < 0) {
    return failed("cannot hold a picture of " + std::to_string(width) + " x " +
                  std::to_string(height) + " pixels; make it smaller");
  }
  complete_colours(*frame);
  return frame;
}

Result<FramePtr> frame_of_picture(const Picture& picture) {
  const AVPixelFormat format = picture.channels == 4   ? AV_PIX_FMT_RGBA
                               : picture.channels == 3 ? AV_PIX_FMT_RGB24
                                                       : AV_PIX_FMT_GRAY8;
  TUTTI_ASSIGN(FramePtr frame, make_video_frame(picture.width, picture.height, format));
  const size_t row = size_t(picture.width) * picture.channels;
  for (int y = 0; y < picture.height; ++y) {
    std::memcpy(frame->data[0] + ptrdiff_t(y) * frame->linesize[0], picture.at(0, y), row);
  }
  return frame;
}

PictureView view_of_frame(const AVFrame& frame) {
  return {frame.width, frame.height, channels_of(AVPixelFormat(frame.format)), frame.data[0],
          frame.linesize[0]};
}

Picture picture_of_frame(const AVFrame& frame) {
  const PictureView view = view_of_frame(frame);
  Picture picture = make_picture(view.width, view.height, view.channels);
  const size_t row = size_t(picture.width) * picture.channels;
  for (int y = 0; y < picture.height; ++y) std::memcpy(picture.at(0, y), view.at(0, y), row);
  return picture;
}

void complete_colours(AVFrame& frame) {
  const auto format = AVPixelFormat(frame.format);
  const AVPixFmtDescriptor* described = av_pix_fmt_desc_get(format);
  const bool is_yuv = described &&
                      !(described->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) &&
                      described->nb_components >= 3;
  if (without_j(format) != format || !is_yuv) frame.color_range = AVCOL_RANGE_JPEG;
  frame.format = without_j(format);
  const bool usable =
      frame.colorspace == AVCOL_SPC_BT709 || frame.colorspace == AVCOL_SPC_FCC ||
      frame.colorspace == AVCOL_SPC_BT470BG || frame.colorspace == AVCOL_SPC_SMPTE170M ||
      frame.colorspace == AVCOL_SPC_SMPTE240M || frame.colorspace == AVCOL_SPC_BT2020_NCL;
  if (!usable) {
    const bool high_definition = frame.width >= 1280 || frame.height > 576;
    frame.colorspace = high_definition ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
  }
}

Status Scaler::run(const AVFrame& from, AVFrame& to, int flags) {
  context_ =
      sws_getCachedContext(context_, from.width, from.height, AVPixelFormat(from.format), to.width,
                           to.height, AVPixelFormat(to.format), flags, nullptr, nullptr, nullptr);
  if (!context_) {
    return bad_input("cannot convert pixels of the kind " + std::to_string(from.format) + " from " +
                     std::to_string(from.width) + " x " + std::to_string(from.height) + " to " +
                     std::to_string(to.width) + " x " + std::to_string(to.height) +
                     "; save the file as PNG or H.264 first");
  }
  // Refused where neither side is YUV, and then there is nothing to set.
  sws_setColorspaceDetails(context_, matrix_of(from), from.color_range == AVCOL_RANGE_JPEG,
                           matrix_of(to), to.color_range == AVCOL_RANGE_JPEG, 0, 1 << 16, 1 << 16);
  const int rows =
      sws_scale(context_, from.data, from.linesize, 0, from.height, to.data, to.linesize);
  if (rows != to.height) return bad_input("the picture's pixels cannot be converted");
  return {};
}

Result<Picture> fitted_picture(const AVFrame& frame, Scaler& scaler, int width, int height) {
  if (width < 1 || height < 1)
    return usage_error("a frame cannot be fitted to " + std::to_string(width) + " x " +
                       std::to_string(height) + " pixels; sides begin at 1");
  TUTTI_ASSIGN(const FramePtr small, make_video_frame(width, height, AV_PIX_FMT_RGB24));
  TUTTI_CHECK(scaler.run(frame, *small, exact_shrinking));
  return picture_of_frame(*small);
}

std::optional<YuvFrame> yuv_view(const AVFrame& frame) {
  const bool hd = frame.colorspace == AVCOL_SPC_BT709;
  const bool sd = frame.colorspace == AVCOL_SPC_SMPTE170M || frame.colorspace == AVCOL_SPC_BT470BG;
  if (frame.format != AV_PIX_FMT_YUV420P || !(hd || sd)) return std::nullopt;
  const auto plane = [&](int i) { return FramePlane{frame.data[i], frame.linesize[i]}; };
  return YuvFrame{frame.width,
                  frame.height,
                  plane(0),
                  plane(1),
                  plane(2),
                  hd ? YuvFrame::Matrix::bt709 : YuvFrame::Matrix::bt601,
                  frame.color_range == AVCOL_RANGE_JPEG};
}

}  // namespace tutti
