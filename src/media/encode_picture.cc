#include "media/encode_picture.h"

#include <algorithm>

#include "base/atomic_file.h"
#include "media/av.h"
#include "media/muxer.h"
#include "media/picture_ops.h"
#include "media/scaler.h"

namespace tutti {
namespace {

struct Format {
  AVCodecID codec;
  bool alpha, grey;
  AVPixelFormat opaque;  // what RGB is stored as
};

Result<Format> format_of(const std::string& extension) {
  if (extension == "png") return Format{AV_CODEC_ID_PNG, true, true, AV_PIX_FMT_RGB24};
  if (extension == "jpg" || extension == "jpeg") {
    return Format{AV_CODEC_ID_MJPEG, false, false, AV_PIX_FMT_YUVJ420P};
  }
  if (extension == "bmp") return Format{AV_CODEC_ID_BMP, false, false, AV_PIX_FMT_BGR24};
  if (extension == "webp") return Format{AV_CODEC_ID_WEBP, true, false, AV_PIX_FMT_YUV420P};
  return usage_error("pictures cannot be written as '" + extension +
                     "'; use the extension png, jpg, webp or bmp");
}

// The picture as the encoder wants it.
Result<FramePtr> encoder_frame(const Picture& picture, const Format& format) {
  if (format.grey && picture.channels == 1) return frame_of_picture(picture);
  const bool alpha = format.alpha && picture.channels == 4;
  TUTTI_ASSIGN(FramePtr from, frame_of_picture(alpha ? picture : to_rgb(picture)));
  if (alpha && format.codec == AV_CODEC_ID_PNG) return from;
  TUTTI_ASSIGN(FramePtr to, make_video_frame(picture.width, picture.height,
                                             alpha ? AV_PIX_FMT_YUVA420P : format.opaque));
  to->colorspace = AVCOL_SPC_SMPTE170M;  // JFIF and WebP are BT.601 at any size
  Scaler scaler;
  TUTTI_CHECK(scaler.run(*from, *to, exact_scaling));
  return to;
}

Result<CodecPtr> open_encoder(const Format& format, const AVFrame& frame, int quality) {
  const AVCodec* codec = avcodec_find_encoder(format.codec);
  CodecPtr context(codec ? avcodec_alloc_context3(codec) : nullptr);
  if (!context) return failed("the installed FFmpeg cannot write this kind of picture; use png");
  context->width = frame.width;
  context->height = frame.height;
  // The old name of full-range YUV is what FFmpeg 5's JPEG encoder takes without complaint.
  context->pix_fmt =
      format.codec == AV_CODEC_ID_MJPEG ? format.opaque : AVPixelFormat(frame.format);
  context->color_range = frame.color_range;
  context->time_base = {1, 1};
  context->thread_count = 1;
  AVDictionary* options = nullptr;
  if (format.codec == AV_CODEC_ID_MJPEG) {
    // FFmpeg's scale runs from 2 (best) to 31.
    context->flags |= AV_CODEC_FLAG_QSCALE;
    context->global_quality = FF_QP2LAMBDA * (2 + (100 - quality) * 29 / 99);
  } else if (format.codec == AV_CODEC_ID_WEBP) {
    av_dict_set_int(&options, "quality", quality, 0);
  }
  const int code = avcodec_open2(context.get(), codec, &options);
  av_dict_free(&options);
  if (code < 0) return failed("the picture's encoder does not start: " + av_error(code));
  return context;
}

}  // namespace

Result<std::vector<uint8_t>> encode_picture(const Picture& picture, const std::string& extension,
                                            int quality) {
  silence_av_log();
  TUTTI_CHECK(check_picture(picture));
  TUTTI_ASSIGN(const Format format, format_of(extension));
  TUTTI_ASSIGN(const FramePtr frame, encoder_frame(picture, format));
  TUTTI_ASSIGN(const CodecPtr encoder, open_encoder(format, *frame, std::clamp(quality, 1, 100)));
  frame->format = encoder->pix_fmt;
  frame->quality = encoder->global_quality;
  frame->pts = 0;
  PacketPtr packet(av_packet_alloc());
  if (!packet) return failed("out of memory for a picture");
  int code = avcodec_send_frame(encoder.get(), frame.get());
  if (code >= 0) code = avcodec_send_frame(encoder.get(), nullptr);
  if (code >= 0) code = avcodec_receive_packet(encoder.get(), packet.get());
  if (code < 0) {
    return failed("a picture of " + std::to_string(picture.width) + " x " +
                  std::to_string(picture.height) + " cannot be written as " + extension + " (" +
                  av_error(code) + "); use png or make it smaller");
  }
  return std::vector<uint8_t>(packet->data, packet->data + packet->size);
}

Status save_picture(const std::string& path, const Picture& picture, int quality) {
  auto bytes = encode_picture(picture, extension_of(path), quality);
  if (!bytes) return bytes.error().with_context(path);
  return write_file_atomic(path, *bytes);
}

}  // namespace tutti
