#include "media/dsp/griffin_lim.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>
#include <string>

#include "media/dsp/istft.h"
#include "media/dsp/mel.h"
#include "media/dsp/stft.h"

namespace tutti {
namespace {

constexpr int least_squares_steps = 40;  // the mel's error is below 1 % after about 20
constexpr float tiny = 1e-8f;

// out[257] = transposed filters times mel[80].
void spread(const float* mel, float* out) {
  std::fill_n(out, stft_bins, 0.f);
  const auto& filters = mel_filters();
  for (int m = 0; m < mel_bins; ++m) {
    for (size_t k = 0; k < filters[m].weights.size(); ++k) {
      out[filters[m].first + k] += filters[m].weights[k] * mel[m];
    }
  }
}

// One frame: magnitudes[257] with filters * magnitudes close to mel[80].
void invert_filters(const float* mel, float* magnitudes) {
  std::array<float, stft_bins> wanted, got;
  std::array<float, mel_bins> guess;
  spread(mel, wanted.data());
  // Every bin starts alike: multiplicative updates then share a triangle's energy evenly.
  std::fill_n(magnitudes, stft_bins, 1.f);
  for (int step = 0; step < least_squares_steps; ++step) {
    apply_mel_filters(magnitudes, guess.data());
    spread(guess.data(), got.data());
    for (int k = 0; k < stft_bins; ++k) magnitudes[k] *= wanted[k] / (got[k] + tiny);
  }
}

// 2.67 is the loudest sine three times over; more, or NaN, is a network's mistake and would
// overflow.
float sane(float value) {
  return value > -3 ? std::min(value, 2.67f) : -3.f;
}

// Keeps the phase of `direction`, takes the magnitude.
std::complex<float> with_magnitude(std::complex<float> direction, float magnitude) {
  const float length = std::sqrt(std::norm(direction));
  return length > tiny ? direction * (magnitude / length) : std::complex<float>(magnitude, 0);
}

Spectrum with_random_phases(const std::vector<float>& magnitudes, uint32_t seed) {
  std::mt19937 random(seed);
  Spectrum spectrum(magnitudes.size());
  for (size_t k = 0; k < spectrum.size(); ++k) {
    const float turn = float(random() >> 8) / float(1 << 24);
    spectrum[k] = std::polar(magnitudes[k], 2 * std::numbers::pi_v<float> * turn);
  }
  return spectrum;
}

}  // namespace

std::vector<float> mel_to_magnitudes(const Mel& mel) {
  const int frames = mel.frames();
  std::vector<float> magnitudes(size_t(frames) * stft_bins);
  std::array<float, mel_bins> linear;
  for (int i = 0; i < frames; ++i) {
    const float* values = mel.values.data() + size_t(i) * mel_bins;
    for (int m = 0; m < mel_bins; ++m) linear[m] = log_to_mel(sane(values[m]));
    invert_filters(linear.data(), magnitudes.data() + size_t(i) * stft_bins);
  }
  return magnitudes;
}

Result<Sound> griffin_lim(const Mel& mel, const GriffinLimOptions& options) {
  if (mel.bins != mel_bins) {
    return usage_error("griffin_lim got a mel of " + std::to_string(mel.bins) +
                       " bins and wants 80; make it with log_mel");
  }
  const std::vector<float> magnitudes = mel_to_magnitudes(mel);
  Spectrum estimate = with_random_phases(magnitudes, options.seed);
  Spectrum previous(estimate.size());
  const float pull = options.momentum / (1 + options.momentum);
  for (int step = 0; step < options.iterations; ++step) {
    const Spectrum rebuilt = stft(istft(estimate));
    for (size_t k = 0; k < estimate.size(); ++k) {
      estimate[k] = with_magnitude(rebuilt[k] - pull * previous[k], magnitudes[k]);
    }
    previous = rebuilt;
  }
  Sound sound{stft_sample_rate, istft(estimate)};
  for (float& sample : sound.samples) sample = std::clamp(sample, -1.f, 1.f);
  return sound;
}

}  // namespace tutti
