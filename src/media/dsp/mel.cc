#include "media/dsp/mel.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace tutti {
namespace {

// Slaney's Auditory Toolbox (1998): linear up to 1 kHz, 27 steps of equal ratio per factor of 6.4
// above.
constexpr double hz_per_mel = 200.0 / 3;
constexpr double knee_hz = 1000;
constexpr double knee_mel = knee_hz / hz_per_mel;
const double log_step = std::log(6.4) / 27;

double hz_of_mel(double mel) {
  return mel < knee_mel ? mel * hz_per_mel : knee_hz * std::exp(log_step * (mel - knee_mel));
}

std::array<MelFilter, mel_bins> make_filters() {
  const double top_mel = knee_mel + std::log(8000 / knee_hz) / log_step;
  const double bin_hz = double(stft_sample_rate) / stft_size;
  std::array<MelFilter, mel_bins> filters;
  for (int m = 0; m < mel_bins; ++m) {
    const double low = hz_of_mel(top_mel * m / (mel_bins + 1));
    const double centre = hz_of_mel(top_mel * (m + 1) / (mel_bins + 1));
    const double high = hz_of_mel(top_mel * (m + 2) / (mel_bins + 1));
    MelFilter& filter = filters[m];
    filter.first = int(low / bin_hz) + 1;
    for (int k = filter.first; k < stft_bins && k * bin_hz < high; ++k) {
      const double hz = k * bin_hz;
      const double height = std::min((hz - low) / (centre - low), (high - hz) / (high - centre));
      filter.weights.push_back(float(height * 2 / (high - low)));
    }
  }
  return filters;
}

// T: float, or one of each of four frames.
template <class T>
void apply(const T* magnitudes, T* mel) {
  const auto& filters = mel_filters();
  for (int m = 0; m < mel_bins; ++m) {
    T sum = {};
    const T* from = magnitudes + filters[m].first;
    for (size_t k = 0; k < filters[m].weights.size(); ++k) sum += from[k] * filters[m].weights[k];
    mel[m] = sum;
  }
}

// Of up to four frames; mel: count x 80.
void mel_frames(const float* samples, int count, float* mel) {
  std::array<Floats4, 2 * stft_bins> bins;
  std::array<Floats4, stft_bins> magnitudes;
  std::array<Floats4, mel_bins> sums;
  stft_frames(samples, count, bins.data());
  for (int k = 0; k < stft_bins; ++k) {
    const Floats4 power = bins[2 * k] * bins[2 * k] + bins[2 * k + 1] * bins[2 * k + 1];
    for (int lane = 0; lane < 4; ++lane) magnitudes[k][lane] = std::sqrt(power[lane]);
  }
  apply(magnitudes.data(), sums.data());
  for (int lane = 0; lane < count; ++lane)
    for (int m = 0; m < mel_bins; ++m) *mel++ = mel_to_log(sums[m][lane]);
}

}  // namespace

const std::array<MelFilter, mel_bins>& mel_filters() {
  static const std::array<MelFilter, mel_bins> filters = make_filters();
  return filters;
}

void apply_mel_filters(const float* magnitudes, float* mel) {
  apply(magnitudes, mel);
}

float mel_to_log(float mel) {
  return (std::log(std::max(mel, 1e-5f)) + 5) / 3;
}
float log_to_mel(float value) {
  return std::exp(value * 3 - 5);
}

Mel MelStream::push(std::span<const float> samples_at_16khz) {
  samples_.insert(samples_.end(), samples_at_16khz.begin(), samples_at_16khz.end());
  const size_t frames = (samples_.size() - stft_overlap) / stft_hop;
  Mel out{mel_bins, std::vector<float>(frames * mel_bins)};
  for (size_t first = 0; first < frames; first += 4)
    mel_frames(samples_.data() + first * stft_hop, int(std::min<size_t>(4, frames - first)),
               out.values.data() + first * mel_bins);
  samples_.erase(samples_.begin(), samples_.begin() + ptrdiff_t(frames * stft_hop));
  return out;
}

Mel log_mel(std::span<const float> samples_at_16khz) {
  return MelStream().push(samples_at_16khz);
}

Result<Mel> log_mel(const Sound& sound) {
  if (sound.sample_rate != stft_sample_rate) {
    return usage_error("log_mel got sound at " + std::to_string(sound.sample_rate) +
                       " Hz and wants 16000 Hz; load it with load_sound, which resamples");
  }
  return log_mel(std::span<const float>(sound.samples));
}

}  // namespace tutti
