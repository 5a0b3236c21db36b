// Stills: the whole file is one packet for the decoder that its first bytes name. No container code
// takes part, which is fast (training reads 100,000 of these) and leaves little to attack.
#include "media/decode_picture.h"

#include <algorithm>
#include <cstring>
#include <string_view>

extern "C" {
#include <libavutil/pixdesc.h>
}

#include "media/av.h"
#include "media/picture/orientation.h"
#include "media/picture/picture_size.h"
#include "media/picture/webp.h"
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

std::string damaged(const std::string& name, const Kind& kind) {
  return name + ": the " + kind.name + " is damaged or cut short, so export it again";
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
  // FFmpeg writes it behind spaces.
  const std::string_view text = entry ? entry->value : "";
  const std::string_view value = text.substr(std::min(text.find_first_not_of(' '), text.size()));
  return value.size() == 1 && value[0] >= '1' && value[0] <= '8' ? value[0] - '0' : 1;
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

// The frame where it lies in the canvas; what it leaves free is transparent.
Picture on_canvas(const Picture& frame, const WebpFrame& place) {
  Picture canvas = make_picture(int(place.canvas.width), int(place.canvas.height), 4);
  const int width = std::min(frame.width, canvas.width - int(place.left));
  const int height = std::min(frame.height, canvas.height - int(place.top));
  for (int y = 0; y < height; ++y)
    std::copy_n(frame.at(0, y), size_t(std::max(width, 0)) * 4,
                canvas.at(int(place.left), int(place.top) + y));
  return canvas;
}

Error too_large(const std::string& name, size_t width, size_t height, size_t most) {
  return bad_input(name + ": it has " + std::to_string(width) + " x " + std::to_string(height) +
                   " = " + std::to_string(width * height) + " pixels and at most " +
                   std::to_string(most) + " are accepted; scale it down first");
}

// Bytes with FFmpeg's padding behind them.
std::vector<uint8_t> padded(std::vector<uint8_t> bytes) {
  bytes.resize(bytes.size() + AV_INPUT_BUFFER_PADDING_SIZE);
  return bytes;
}

Result<Picture> decode_picture(const std::vector<uint8_t>& data, size_t size, const Kind& kind,
                               const MediaLimits& limits, const std::string& name,
                               Transparency transparency) {
  TUTTI_ASSIGN(const CodecPtr decoder, open_decoder(kind, limits));
  const Result<FramePtr> frame = decode_still(*decoder, data, size);
  if (!frame)
    return frame.error().with_context(
        frame.error().code() == ErrorCode::no_memory ? name : damaged(name, kind));
  const auto width = size_t((*frame)->width), height = size_t((*frame)->height);
  if (width * height > limits.max_pixels) return too_large(name, width, height, limits.max_pixels);
  const Result<Picture> picture = to_picture(**frame, transparency);
  if (!picture) return picture.error().with_context(name);
  return turn_upright(*picture, orientation_of(**frame));
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
  if (const auto size = claimed_size(text); size && size->pixels() > limits.max_pixels)
    return too_large(input.name(), size->width, size->height, limits.max_pixels);
  if (!looks_whole(text, kind.codec))
    return bad_input("the end is missing").with_context(damaged(input.name(), kind));
  std::optional<WebpFrame> animated;
  if (kind.codec == AV_CODEC_ID_WEBP) {
    auto first = first_webp_frame(text);
    if (!first) return first.error().with_context(damaged(input.name(), kind));
    animated = *std::move(first);
  }
  if (!animated) return decode_picture(data, text.size(), kind, limits, input.name(), transparency);
  const size_t size = animated->still.size();
  TUTTI_ASSIGN(const Picture frame, decode_picture(padded(std::move(animated->still)), size, kind,
                                                   limits, input.name(), Transparency::keep));
  Picture canvas = on_canvas(frame, *animated);
  return transparency == Transparency::keep ? std::move(canvas) : to_rgb(canvas);
}

}  // namespace tutti
