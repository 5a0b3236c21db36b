#include "media/dsp/istft.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

namespace tutti {
namespace {

std::vector<float> noise(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> out(count);
  for (float& value : out) value = std::uniform_real_distribution<float>(-1, 1)(random);
  return out;
}

TEST(Stft, FrameIsTheDefinition) {
  const std::vector<float> samples = noise(160 * 5, 3);
  const Spectrum spectrum = stft(samples);
  ASSERT_EQ(spectrum.size(), size_t(5 * stft_bins));
  for (int frame : {0, 1, 4}) {
    for (int k : {0, 1, 100, 256}) {
      std::complex<double> sum = 0;
      for (int n = 0; n < 400; ++n) {
        const int t = frame * 160 - 240 + n;
        if (t < 0) continue;
        const double hann = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * n / 400);
        sum += samples[t] * hann * std::polar(1.0, -2 * std::numbers::pi * k * (n + 56) / 512);
      }
      const std::complex<float> got = spectrum[size_t(frame) * stft_bins + k];
      EXPECT_NEAR(got.real(), sum.real(), 2e-5);
      EXPECT_NEAR(got.imag(), sum.imag(), 2e-5);
    }
  }
}

TEST(Istft, UndoesStft) {
  const std::vector<float> samples = noise(160 * 40, 1);
  const std::vector<float> back = istft(stft(samples));
  ASSERT_EQ(back.size(), samples.size());
  // The start is exact too; only the last window's tail fades (about 110 samples, 7 ms).
  for (size_t t = 0; t + 120 < samples.size(); ++t) ASSERT_NEAR(back[t], samples[t], 1e-4) << t;
  for (size_t t = samples.size() - 120; t < samples.size(); ++t) EXPECT_LE(std::abs(back[t]), 1.1f);
}

TEST(Istft, StreamIsTheSignal240SamplesLate) {
  const std::vector<float> samples = noise(160 * 20, 2);
  const Spectrum spectrum = stft(samples);
  IstftStream stream;
  for (int i = 0; i < 20; ++i) {
    const auto block = stream.push(std::span<const std::complex<float>, stft_bins>(
        spectrum.data() + size_t(i) * stft_bins, stft_bins));
    for (int n = 0; n < stft_hop; ++n) {
      const int t = i * 160 - 240 + n;
      if (t >= 0) {
        ASSERT_NEAR(block[n], samples[t], 1e-4) << t;
      } else {
        ASSERT_NEAR(block[n], 0, 1e-4) << t;
      }
    }
  }
}

TEST(Istft, NothingInNothingOut) {
  EXPECT_TRUE(istft({}).empty());
  EXPECT_TRUE(stft(std::vector<float>(159)).empty());
}

}  // namespace
}  // namespace tutti
