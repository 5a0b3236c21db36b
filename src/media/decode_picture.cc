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
#include "media/picture/fit_picture.h"
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

// A packet of bytes that outlive every use of it, in a buffer of FFmpeg's: what has none it copies.
Result<PacketPtr> packet_of(std::span<const uint8_t> padded) {
  PacketPtr packet(av_packet_alloc());
  if (!packet) return input_error(AVERROR(ENOMEM), {});
  packet->data = const_cast<uint8_t*>(padded.data());
  packet->size = int(padded.size());
  packet->flags = AV_PKT_FLAG_KEY;
  const auto keep = [](void*, uint8_t*) {};
  packet->buf = av_buffer_create(packet->data, padded.size() + AV_INPUT_BUFFER_PADDING_SIZE, keep,
                                 nullptr, AV_BUFFER_FLAG_READONLY);
  if (!packet->buf) return input_error(AVERROR(ENOMEM), {});
  return packet;
}

Result<FramePtr> decode_frame(AVCodecContext& decoder, std::span<const uint8_t> padded) {
  TUTTI_ASSIGN(const PacketPtr packet, packet_of(padded));
  FramePtr frame(av_frame_alloc());
  if (!frame) return input_error(AVERROR(ENOMEM), {});
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

// The frame itself where its samples lie as a Picture's do, else one that is converted.
Result<FramePtr> in_rgb(FramePtr frame, Transparency transparency) {
  const AVPixFmtDescriptor* described = av_pix_fmt_desc_get(AVPixelFormat(frame->format));
  const bool has_alpha =
      described && (described->flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL));
  const AVPixelFormat wanted =
      has_alpha || transparency == Transparency::keep ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24;
  if (frame->format == wanted) return frame;
  TUTTI_ASSIGN(FramePtr rgb, make_video_frame(frame->width, frame->height, wanted));
  Scaler scaler;
  TUTTI_CHECK(scaler.run(*frame, *rgb, exact_scaling));
  return rgb;
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
PaddedBytes padded(std::vector<uint8_t> bytes) {
  const size_t size = bytes.size();
  bytes.resize(size + AV_INPUT_BUFFER_PADDING_SIZE);
  const std::span<const uint8_t> all(bytes.data(), size);
  return {std::move(bytes), all};
}

// A file as its decoder leaves it.
struct Still {
  PaddedBytes file;  // outlives the frame
  FramePtr frame;    // RGB24 or RGBA
  int orientation = 1;
  std::optional<WebpFrame> place;  // of an animation's first frame

  PictureView view() const { return view_of_frame(*frame); }
};

Result<Still> decode_still(PaddedBytes file, const Kind& kind, const MediaLimits& limits,
                           const std::string& name, Transparency transparency) {
  TUTTI_ASSIGN(const CodecPtr decoder, open_decoder(kind, limits));
  Result<FramePtr> frame = decode_frame(*decoder, file.bytes);
  if (!frame)
    return frame.error().with_context(
        frame.error().code() == ErrorCode::no_memory ? name : damaged(name, kind));
  const auto width = size_t((*frame)->width), height = size_t((*frame)->height);
  if (width * height > limits.max_pixels) return too_large(name, width, height, limits.max_pixels);
  const int orientation = orientation_of(**frame);
  Result<FramePtr> rgb = in_rgb(*std::move(frame), transparency);
  if (!rgb) return rgb.error().with_context(name);
  return Still{std::move(file), *std::move(rgb), orientation, {}};
}

Result<Still> load_still(const MediaInput& input, const MediaLimits& limits,
                         Transparency transparency) {
  silence_av_log();
  const size_t most = std::min(limits.max_bytes, size_t(INT32_MAX) / 2);  // packets count in int
  TUTTI_ASSIGN(PaddedBytes file, read_input(input, most, AV_INPUT_BUFFER_PADDING_SIZE));
  const std::string_view text(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
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
  if (!animated) return decode_still(std::move(file), kind, limits, input.name(), transparency);
  TUTTI_ASSIGN(Still still, decode_still(padded(std::move(animated->still)), kind, limits,
                                         input.name(), Transparency::keep));
  still.place = std::move(animated);
  return still;
}

Picture picture_of(const Still& still, Transparency transparency) {
  const bool over_white = transparency == Transparency::over_white;
  if (still.place) {
    Picture canvas =
        on_canvas(turn_upright(picture_of_frame(*still.frame), still.orientation), *still.place);
    return over_white ? to_rgb(canvas) : canvas;
  }
  if (over_white && still.view().channels == 4)
    return turn_upright(to_rgb(still.view()), still.orientation);
  return is_turned(still.orientation) ? turned(still.view(), still.orientation)
                                      : picture_of_frame(*still.frame);
}

}  // namespace

Result<Picture> load_picture(const MediaInput& input, const MediaLimits& limits,
                             Transparency transparency) {
  TUTTI_ASSIGN(const Still still, load_still(input, limits, transparency));
  return picture_of(still, transparency);
}

Result<Picture> load_fitted_picture(const MediaInput& input, int side, const MediaLimits& limits) {
  TUTTI_ASSIGN(const Still still, load_still(input, limits, Transparency::over_white));
  const bool as_it_lies =
      still.view().channels == 3 && !is_turned(still.orientation) && !still.place;
  return as_it_lies ? fit_picture(still.view(), side)
                    : fit_picture(picture_of(still, Transparency::over_white), side);
}

}  // namespace tutti
