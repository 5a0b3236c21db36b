#include "media/channel_levels.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace tutti {
namespace {

constexpr double kQuietest = 1e-3;   // of the loudest channel's energy: 30 dB
constexpr double kLeastMixed = 0.1;  // of the mean energy; channels that differ leave 1 / count,
                                     // two whose correlation is under -0.8 leave less than this

}  // namespace

template <class Sample>
void ChannelLevels::add_samples(const AVFrame& frame, double scale, double zero) {
  const size_t channels = energies_.size();
  const bool planar = av_sample_fmt_is_planar(AVSampleFormat(frame.format));
  for (int t = 0; t < frame.nb_samples; ++t) {
    double sum = 0;
    for (size_t c = 0; c < channels; ++c) {
      const auto* plane = reinterpret_cast<const Sample*>(frame.extended_data[planar ? c : 0]);
      const double x =
          (double(plane[planar ? size_t(t) : size_t(t) * channels + c]) - zero) * scale;
      energies_[c] += x * x;
      sum += x;
    }
    mixed_ += sum / double(channels) * (sum / double(channels));
  }
}

void ChannelLevels::add(const AVFrame& frame) {
  const auto channels = size_t(frame.ch_layout.nb_channels);
  if (channels < 2) return;
  if (energies_.empty()) energies_.resize(channels);
  known_ = known_ && channels == energies_.size();
  if (!known_) return;
  switch (av_get_packed_sample_fmt(AVSampleFormat(frame.format))) {
    case AV_SAMPLE_FMT_U8:
      return add_samples<uint8_t>(frame, 1.0 / 128, 128);
    case AV_SAMPLE_FMT_S16:
      return add_samples<int16_t>(frame, 1.0 / 32768, 0);
    case AV_SAMPLE_FMT_S32:
      return add_samples<int32_t>(frame, 1.0 / 2147483648, 0);
    case AV_SAMPLE_FMT_FLT:
      return add_samples<float>(frame, 1, 0);
    case AV_SAMPLE_FMT_DBL:
      return add_samples<double>(frame, 1, 0);
    default:
      known_ = false;
  }
}

std::optional<std::vector<double>> ChannelLevels::weights() const {
  if (!known_ || energies_.empty()) return std::nullopt;
  const auto loudest = std::max_element(energies_.begin(), energies_.end());
  if (!(*loudest > 0) || !std::isfinite(*loudest)) return std::nullopt;
  const double count = double(energies_.size());
  const auto counts = [&](double energy) { return energy > kQuietest * *loudest; };
  const double used = double(std::count_if(energies_.begin(), energies_.end(), counts));
  const double mean = std::accumulate(energies_.begin(), energies_.end(), 0.0) / used;
  const bool cancel = mixed_ * (count / used) * (count / used) < kLeastMixed * mean && used > 1;
  if (used == count && !cancel) return std::nullopt;
  std::vector<double> weights(energies_.size());
  for (size_t c = 0; c < weights.size(); ++c)
    if (!cancel && counts(energies_[c])) weights[c] = 1 / used;
  if (cancel) weights[size_t(loudest - energies_.begin())] = 1;
  return weights;
}

}  // namespace tutti
