#include "media/encode_sound.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstring>

#include "base/atomic_file.h"
#include "media/av.h"
#include "media/muxer.h"

namespace tutti {
namespace {

constexpr int free_frame_size = 4096;  // for codecs that take any

int supported_rate(const AVCodec& codec, int wanted) {
  if (!codec.supported_samplerates) return wanted;
  int above = INT_MAX, highest = 0;
  for (const int* rate = codec.supported_samplerates; *rate; ++rate) {
    if (*rate >= wanted) above = std::min(above, *rate);
    highest = std::max(highest, *rate);
  }
  return above != INT_MAX ? above : highest;
}

// All samples in the encoder's format and rate; mono, so planar and packed are the same.
Result<std::vector<uint8_t>> converted(const Sound& sound, const AVCodecContext& codec) {
  AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
  SwrContext* made = nullptr;
  int code = swr_alloc_set_opts2(&made, &mono, codec.sample_fmt, codec.sample_rate, &mono,
                                 AV_SAMPLE_FMT_FLT, sound.sample_rate, 0, nullptr);
  const ResamplerPtr resampler(made);
  if (code >= 0) code = swr_init(made);
  const int count = int(sound.samples.size());
  const int room = code >= 0 ? swr_get_out_samples(made, count) : code;
  if (room < 0) return failed("the sound cannot be resampled: " + av_error(room));

  const size_t width = size_t(av_get_bytes_per_sample(codec.sample_fmt));
  std::vector<uint8_t> out(size_t(room) * width);
  const auto* in = reinterpret_cast<const uint8_t*>(sound.samples.data());
  uint8_t* to = out.data();
  const int first = swr_convert(made, &to, room, &in, count);
  to = out.data() + size_t(std::max(first, 0)) * width;
  const int rest = first < 0 ? first : swr_convert(made, &to, room - first, nullptr, 0);
  if (rest < 0) return failed("the sound cannot be resampled: " + av_error(rest));
  out.resize(size_t(first + rest) * width);
  return out;
}

Status send_all(Muxer& muxer, const std::vector<uint8_t>& samples) {
  const AVCodecContext& codec = muxer.codec();
  const size_t width = size_t(av_get_bytes_per_sample(codec.sample_fmt));
  const size_t block = size_t(codec.frame_size > 0 ? codec.frame_size : free_frame_size);
  const size_t count = samples.size() / width;
  for (size_t at = 0; at < count; at += block) {
    FramePtr frame(av_frame_alloc());
    if (!frame) return failed("out of memory for sound");
    frame->nb_samples = int(std::min(block, count - at));
    frame->format = codec.sample_fmt;
    frame->sample_rate = codec.sample_rate;
    frame->pts = int64_t(at);
    av_channel_layout_copy(&frame->ch_layout, &codec.ch_layout);
    if (av_frame_get_buffer(frame.get(), 0) < 0) return failed("out of memory for sound");
    std::memcpy(frame->data[0], samples.data() + at * width, size_t(frame->nb_samples) * width);
    TUTTI_CHECK(muxer.send(frame.get()));
  }
  return {};
}

}  // namespace

Result<std::vector<uint8_t>> encode_sound(const Sound& sound, const std::string& extension) {
  silence_av_log();
  if (sound.sample_rate < 1000 || sound.sample_rate > 768000 ||
      sound.samples.size() > INT_MAX / 64) {
    return usage_error("a sound of " + std::to_string(sound.samples.size()) + " samples at " +
                       std::to_string(sound.sample_rate) +
                       " Hz cannot be written; 1 to 768 kHz and 33 million samples are accepted");
  }
  const AVOutputFormat* container =
      av_guess_format(nullptr, ("sound." + extension).c_str(), nullptr);
  const AVCodec* codec = container ? avcodec_find_encoder(container->audio_codec) : nullptr;
  if (!codec || (container->flags & AVFMT_NOFILE) || !codec->sample_fmts) {
    return usage_error("sounds cannot be written as '" + extension +
                       "'; use the extension wav, flac, mp3 or ogg");
  }
  TUTTI_ASSIGN(const auto muxer, Muxer::create("", extension, container, codec));
  AVCodecContext& context = muxer->codec();
  context.sample_fmt = codec->sample_fmts[0];
  context.sample_rate = supported_rate(*codec, sound.sample_rate);
  context.time_base = {1, context.sample_rate};
  av_channel_layout_default(&context.ch_layout, 1);
  TUTTI_CHECK(muxer->start(nullptr));
  TUTTI_ASSIGN(const std::vector<uint8_t> samples, converted(sound, context));
  TUTTI_CHECK(send_all(*muxer, samples));
  return muxer->finish();
}

Status save_sound(const std::string& path, const Sound& sound) {
  auto bytes = encode_sound(sound, extension_of(path));
  if (!bytes) return bytes.error().with_context(path);
  return write_file_atomic(path, *bytes);
}

}  // namespace tutti
