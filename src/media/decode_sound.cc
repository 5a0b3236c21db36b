#include "media/decode_sound.h"

#include <algorithm>
#include <cmath>

#include "base/check_samples.h"
#include "media/channel_levels.h"
#include "media/stream_decoder.h"

namespace tutti {
namespace {

constexpr int sound_rate = 16000;
constexpr int lowest_rate = 1000, highest_rate = 768000;  // beyond, filters take gigabytes
constexpr int most_channels = 64;

// Mixes to mono and resamples; follows streams that change their format half-way.
class ToMono {
 public:
  // weights: of each channel; none: all alike.
  ToMono(const std::string& name, double max_seconds, std::vector<double> weights)
      : name_(name),
        most_samples_(size_t(std::clamp(max_seconds, 0.0, 1e6) * sound_rate)),
        weights_(std::move(weights)) {}

  Status push(const AVFrame& frame) {
    if (!resampler_ || frame.sample_rate != rate_ || frame.format != format_ ||
        frame.ch_layout.nb_channels != channels_) {
      TUTTI_CHECK(finish());
      TUTTI_CHECK(start(frame));
    }
    return convert(const_cast<const uint8_t**>(frame.extended_data), frame.nb_samples);
  }

  // Takes what the filter still holds back.
  Status finish() {
    if (!resampler_) return {};
    TUTTI_CHECK(convert(nullptr, 0));
    resampler_.reset();
    return {};
  }

  std::vector<float> take() { return std::move(samples_); }

 private:
  Status start(const AVFrame& frame) {
    rate_ = frame.sample_rate;
    format_ = frame.format;
    channels_ = frame.ch_layout.nb_channels;
    if (rate_ < lowest_rate || rate_ > highest_rate || channels_ < 1 || channels_ > most_channels) {
      return bad_input(name_ + ": it claims " + std::to_string(channels_) + " channels at " +
                       std::to_string(rate_) + " Hz, and 1 to 64 channels at 1 to 768 kHz are " +
                       "accepted; the file is damaged or needs converting");
    }
    // Every channel counts alike: the standard mix leaves some out and knows not every layout.
    AVChannelLayout from = {AV_CHANNEL_ORDER_UNSPEC, channels_};
    AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
    if (channels_ <= 2) av_channel_layout_default(&from, channels_);
    SwrContext* made = nullptr;
    int code = swr_alloc_set_opts2(&made, &mono, AV_SAMPLE_FMT_FLT, sound_rate, &from,
                                   AVSampleFormat(format_), rate_, 0, nullptr);
    resampler_.reset(made);
    const std::vector<double> weights = weights_.size() == size_t(channels_)
                                            ? weights_
                                            : std::vector<double>(channels_, 1.0 / channels_);
    if (code >= 0) code = swr_set_matrix(made, weights.data(), channels_);
    if (code >= 0) code = swr_init(made);
    if (code < 0) {
      resampler_.reset();
      return bad_input(name_ + ": its sound cannot be resampled (" + av_error(code) +
                       "); convert it to a WAV file");
    }
    return {};
  }

  Status convert(const uint8_t** data, int count) {
    const int room = swr_get_out_samples(resampler_.get(), count);
    if (room < 0) return bad_input(name_ + ": its sound cannot be resampled");
    const size_t before = samples_.size();
    if (before + size_t(room) > most_samples_ + size_t(sound_rate)) return too_long();
    samples_.resize(before + size_t(room));
    auto* out = reinterpret_cast<uint8_t*>(samples_.data() + before);
    const int got = room ? swr_convert(resampler_.get(), &out, room, data, count) : 0;
    samples_.resize(before + size_t(std::max(got, 0)));
    if (got < 0) return bad_input(name_ + ": its sound cannot be resampled: " + av_error(got));
    return samples_.size() > most_samples_ ? too_long() : Status{};
  }

  Status too_long() const {
    return bad_input(name_ + ": it is longer than the " +
                     std::to_string(most_samples_ / sound_rate) +
                     " s that are accepted; cut it into pieces");
  }

  std::string name_;
  size_t most_samples_;
  std::vector<double> weights_;
  ResamplerPtr resampler_;
  int rate_ = 0, format_ = 0, channels_ = 0;
  std::vector<float> samples_;
};

// `levels` learns of every frame; nullptr: nobody asks.
Result<std::vector<float>> decode_mono(const MediaInput& input, const MediaLimits& limits,
                                       std::vector<double> weights, ChannelLevels* levels) {
  TUTTI_ASSIGN(const auto decoder, StreamDecoder::open(input, limits, AVMEDIA_TYPE_AUDIO));
  FramePtr frame(av_frame_alloc());
  if (!frame) return input_error(AVERROR(ENOMEM), {});
  ToMono mono(input.name(), limits.max_seconds, std::move(weights));
  for (;;) {
    TUTTI_ASSIGN(const bool more, decoder->next(*frame));
    if (!more) break;
    TUTTI_CHECK(mono.push(*frame));
    if (levels) levels->add(*frame);
  }
  TUTTI_CHECK(mono.finish());
  return mono.take();
}

}  // namespace

Result<Sound> load_sound(const MediaInput& input, const MediaLimits& limits) {
  ChannelLevels levels;
  Sound sound{sound_rate, {}};
  TUTTI_ASSIGN(sound.samples, decode_mono(input, limits, {}, &levels));
  // Which channels to mix is known at the end alone; the few sounds of which it is not all are
  // decoded again, rather than every channel of every sound kept.
  if (auto weights = levels.weights()) {
    TUTTI_ASSIGN(sound.samples, decode_mono(input, limits, *std::move(weights), nullptr));
  }
  if (sound.samples.empty()) {
    return bad_input(input.name() + ": there is not one sample of sound in it; record it again");
  }
  if (const Status numbers = check_samples(sound.samples); !numbers)
    return numbers.error().with_context(input.name());
  for (float& sample : sound.samples) sample = std::clamp(sample, -1.f, 1.f);
  return sound;
}

}  // namespace tutti
