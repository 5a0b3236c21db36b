#include "media/encode_video.h"

#include <algorithm>

#include "base/atomic_file.h"
#include "media/av.h"
#include "media/muxer.h"
#include "media/picture_ops.h"
#include "media/scaler.h"

namespace tutti {
namespace {

constexpr int largest_side = 16384;  // of x264

struct Choice {
  const AVOutputFormat* container;
  const AVCodec* codec;
};

Result<Choice> choose(const std::string& path) {
  const std::string extension = extension_of(path);
  const AVOutputFormat* container =
      av_guess_format(nullptr, ("clip." + extension).c_str(), nullptr);
  if (container && !(container->flags & AVFMT_NOFILE)) {
    const AVCodec* x264 = avcodec_find_encoder_by_name("libx264");
    const AVCodec* mpeg4 = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
    for (const AVCodec* codec : {x264, mpeg4}) {
      if (codec && avformat_query_codec(container, codec->id, FF_COMPLIANCE_NORMAL) == 1) {
        return Choice{container, codec};
      }
    }
  }
  return usage_error(path + ": videos cannot be written as '" + extension +
                     "'; use the extension mp4, mkv or mov");
}

// Repeats the last column and row: 4:2:0 stores colours for pairs of both.
Picture padded_to_even(const Picture& picture) {
  Picture out = make_picture(picture.width + picture.width % 2, picture.height + picture.height % 2,
                             picture.channels);
  for (int y = 0; y < out.height; ++y) {
    const int from_y = std::min(y, picture.height - 1);
    std::copy_n(picture.at(0, from_y), size_t(picture.width) * picture.channels, out.at(0, y));
    if (out.width > picture.width) {
      std::copy_n(picture.at(picture.width - 1, from_y), picture.channels,
                  out.at(picture.width, y));
    }
  }
  return out;
}

}  // namespace

struct VideoWriter::State {
  VideoOptions options;
  AtomicFile file;
  std::unique_ptr<Muxer> muxer;  // closed before the file is removed
  Scaler scaler;
  int64_t frames = 0;
  bool finished = false;
};

VideoWriter::VideoWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
VideoWriter::VideoWriter(VideoWriter&&) noexcept = default;
VideoWriter& VideoWriter::operator=(VideoWriter&&) noexcept = default;
VideoWriter::~VideoWriter() = default;

Result<VideoWriter> VideoWriter::create(const std::string& path, const VideoOptions& options) {
  silence_av_log();
  const double rate = options.frames_per_second;
  if (options.width < 1 || options.height < 1 || options.width > largest_side ||
      options.height > largest_side || !(rate >= 0.01 && rate <= 1000)) {
    return usage_error(path + ": a video of " + std::to_string(options.width) + " x " +
                       std::to_string(options.height) + " at " + std::to_string(rate) +
                       " frames/s cannot be written; sides of 1 to 16384 and 0.01 to 1000 " +
                       "frames/s are accepted");
  }
  TUTTI_ASSIGN(const Choice choice, choose(path));
  TUTTI_ASSIGN(AtomicFile file, AtomicFile::create(path));
  TUTTI_ASSIGN(auto muxer,
               Muxer::create(file.path(), extension_of(path), choice.container, choice.codec));
  AVCodecContext& codec = muxer->codec();
  codec.width = options.width + options.width % 2;
  codec.height = options.height + options.height % 2;
  codec.pix_fmt = AV_PIX_FMT_YUV420P;
  codec.framerate = av_d2q(rate, 60000);
  codec.time_base = av_inv_q(codec.framerate);
  codec.color_range = AVCOL_RANGE_MPEG;
  TUTTI_ASSIGN(const FramePtr sample, make_video_frame(codec.width, codec.height, codec.pix_fmt));
  codec.colorspace = sample->colorspace;  // written down, so that readers need not guess
  AVDictionary* settings = nullptr;
  if (choice.codec->id == AV_CODEC_ID_H264) {
    av_dict_set(&settings, "preset", "veryfast", 0);
    av_dict_set_int(&settings, "crf", std::clamp(options.quality, 0, 51), 0);
  } else {
    codec.flags |= AV_CODEC_FLAG_QSCALE;
    codec.global_quality = FF_QP2LAMBDA * std::clamp(options.quality / 5, 1, 31);
  }
  const Status started = muxer->start(&settings);
  av_dict_free(&settings);
  if (!started) return started.error().with_context(path);
  return VideoWriter(
      std::unique_ptr<State>(new State{options, std::move(file), std::move(muxer), {}, 0, false}));
}

Status VideoWriter::write(const Picture& frame) {
  State& s = *state_;
  TUTTI_CHECK(check_picture(frame));
  if (s.finished || frame.width != s.options.width || frame.height != s.options.height) {
    return usage_error("the video takes frames of " + std::to_string(s.options.width) + " x " +
                       std::to_string(s.options.height) + " until finish(), and got one of " +
                       std::to_string(frame.width) + " x " + std::to_string(frame.height) +
                       (s.finished ? " after it" : "; resize it first"));
  }
  const bool odd = frame.width % 2 || frame.height % 2;
  const bool plain = frame.channels == 3 && !odd;
  Picture prepared;
  if (!plain) prepared = odd ? padded_to_even(to_rgb(frame)) : to_rgb(frame);
  TUTTI_ASSIGN(const FramePtr rgb, frame_of_picture(plain ? frame : prepared));
  TUTTI_ASSIGN(const FramePtr yuv, make_video_frame(rgb->width, rgb->height, AV_PIX_FMT_YUV420P));
  TUTTI_CHECK(s.scaler.run(*rgb, *yuv, SWS_BILINEAR));
  yuv->pts = s.frames++;
  return s.muxer->send(yuv.get());
}

Status VideoWriter::finish() {
  State& s = *state_;
  if (s.finished) return usage_error("finish() was called on a video that is finished");
  s.finished = true;
  if (s.frames == 0) return usage_error("a video without frames cannot be written; write() some");
  TUTTI_CHECK(s.muxer->finish());
  return s.file.commit();
}

Status save_clip(const std::string& path, const Clip& clip) {
  if (clip.frames.empty()) return usage_error(path + ": a clip without frames cannot be written");
  TUTTI_ASSIGN(VideoWriter writer,
               VideoWriter::create(path, {.width = clip.frames[0].width,
                                          .height = clip.frames[0].height,
                                          .frames_per_second = clip.frames_per_second}));
  for (const Picture& frame : clip.frames) TUTTI_CHECK(writer.write(frame));
  return writer.finish();
}

}  // namespace tutti
