// Stills: the whole file is one packet for the decoder that its first bytes name. No container code
// takes part, which is fast (training reads 100,000 of these) and leaves little to attack.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

extern "C" {
#include <libavutil/pixdesc.h>
}

#include "media/av.h"
#include "media/decode.h"
#include "media/orientation.h"
#include "media/picture_ops.h"
#include "media/scaler.h"

namespace tutti {
namespace {

using namespace std::string_view_literals;

struct Kind {
  AVCodecID codec;
  const char* name;
};

Result<Kind> sniff(std::string_view data, const std::string& name) {
  if (data.starts_with("\xFF\xD8\xFF"sv)) return Kind{AV_CODEC_ID_MJPEG, "JPEG"};
  if (data.starts_with("\x89PNG\r\n\x1A\n"sv)) return Kind{AV_CODEC_ID_PNG, "PNG"};
  if (data.starts_with("GIF87a"sv) || data.starts_with("GIF89a"sv)) {
    return Kind{AV_CODEC_ID_GIF, "GIF"};
  }
  if (data.starts_with("RIFF"sv) &&
      data.substr(std::min<size_t>(8, data.size())).starts_with("WEBP"sv)) {
    return Kind{AV_CODEC_ID_WEBP, "WebP"};
  }
  if (data.starts_with("BM"sv)) return Kind{AV_CODEC_ID_BMP, "BMP"};
  return bad_input(name + ": this is no JPEG, PNG, WebP, BMP or GIF; convert it to one of these");
}

// FFmpeg fills the missing part of a truncated JPEG or GIF with grey and calls it a success. Inside
// a JPEG's scan FF is never followed by D8..DA, so an end marker after the last scan's start means
// that the scan is whole.
bool looks_whole(std::string_view data, AVCodecID codec) {
  if (codec == AV_CODEC_ID_MJPEG) {
    const size_t end = data.rfind("\xFF\xD9"sv), scan = data.rfind("\xFF\xDA"sv);
    return end != data.npos && scan != data.npos && end > scan;
  }
  if (codec == AV_CODEC_ID_PNG) return data.rfind("IEND"sv) != data.npos;
  return true;
}

Result<CodecPtr> open_decoder(const Kind& kind, const MediaLimits& limits) {
  const AVCodec* codec = avcodec_find_decoder(kind.codec);
  if (!codec) {
    return failed(std::string("the installed FFmpeg has no decoder for ") + kind.name +
                  "; install a complete libavcodec");
  }
  CodecPtr context(avcodec_alloc_context3(codec));
  if (!context) return input_error(AVERROR(ENOMEM), {});
  context->thread_count = 1;
  context->max_pixels = padded_pixel_limit(limits.max_pixels);
  context->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER | AV_EF_EXPLODE;
  if (const int code = avcodec_open2(context.get(), codec, nullptr); code < 0) {
    return failed(std::string("the decoder for ") + kind.name +
                  " does not start: " + av_error(code));
  }
  return context;
}

Result<FramePtr> decode_still(AVCodecContext& decoder, const std::vector<uint8_t>& data,
                              size_t size) {
  PacketPtr packet(av_packet_alloc());
  FramePtr frame(av_frame_alloc());
  if (!packet || !frame) return input_error(AVERROR(ENOMEM), {});
  packet->data = const_cast<uint8_t*>(data.data());  // not reference-counted: the decoder copies it
  packet->size = int(size);
  packet->flags = AV_PKT_FLAG_KEY;
  int code = avcodec_send_packet(&decoder, packet.get());
  if (code >= 0) code = avcodec_send_packet(&decoder, nullptr);
  if (code >= 0) code = avcodec_receive_frame(&decoder, frame.get());
  if (code < 0) {
    return input_error(code, code == AVERROR_EOF ? "it holds no picture" : av_error(code));
  }
  if (frame->decode_error_flags || (frame->flags & AV_FRAME_FLAG_CORRUPT)) {
    return bad_input("a part of it is missing");
  }
  complete_colours(*frame);
  return frame;
}

int orientation_of(const AVFrame& frame) {
  const AVDictionaryEntry* entry = av_dict_get(frame.metadata, "Orientation", nullptr, 0);
  return entry ? std::atoi(entry->value) : 1;
}

Result<Picture> to_picture(const AVFrame& frame, Transparency transparency) {
  const AVPixFmtDescriptor* described = av_pix_fmt_desc_get(AVPixelFormat(frame.format));
  const bool has_alpha =
      described && (described->flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL));
  const bool keep = transparency == Transparency::keep;
  TUTTI_ASSIGN(FramePtr rgb,
               make_video_frame(frame.width, frame.height,
                                has_alpha || keep ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24));
  Scaler scaler;
  TUTTI_CHECK(scaler.run(frame, *rgb, exact_scaling));
  TUTTI_ASSIGN(Picture picture, picture_of_frame(*rgb));
  return keep ? std::move(picture) : to_rgb(picture);
}

}  // namespace

Result<Picture> load_picture(const MediaInput& input, const MediaLimits& limits,
                             Transparency transparency) {
  silence_av_log();
  const size_t most = std::min(limits.max_bytes, size_t(INT32_MAX) / 2);  // packets count in int
  TUTTI_ASSIGN(const std::vector<uint8_t> data,
               read_input(input, most, AV_INPUT_BUFFER_PADDING_SIZE));
  const std::string_view text(reinterpret_cast<const char*>(data.data()),
                              data.size() - AV_INPUT_BUFFER_PADDING_SIZE);
  TUTTI_ASSIGN(const Kind kind, sniff(text, input.name()));
  TUTTI_ASSIGN(const CodecPtr decoder, open_decoder(kind, limits));

  const std::string damaged = input.name() + ": the " + kind.name +
                              " is damaged, cut short or of absurd size, so export it again";
  if (!looks_whole(text, kind.codec)) return bad_input("the end is missing").with_context(damaged);
  const Result<FramePtr> frame = decode_still(*decoder, data, text.size());
  if (!frame)
    return frame.error().with_context(frame.error().code() == ErrorCode::no_memory ? input.name()
                                                                                   : damaged);
  const size_t pixels = size_t((*frame)->width) * size_t((*frame)->height);
  if (pixels > limits.max_pixels) {
    return bad_input(input.name() + ": it has " + std::to_string(pixels) + " pixels and at most " +
                     std::to_string(limits.max_pixels) + " are accepted; scale it down first");
  }
  const Result<Picture> picture = to_picture(**frame, transparency);
  if (!picture) return picture.error().with_context(input.name());
  return turn_upright(*picture, orientation_of(**frame));
}

}  // namespace tutti
