#include "media/dsp/fft.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

namespace tutti {
namespace {

class RealFftTest : public testing::TestWithParam<int> {};

std::vector<float> noise(int size) {
  std::mt19937 random(size);
  std::vector<float> out(size);
  for (float& value : out) value = std::uniform_real_distribution<float>(-1, 1)(random);
  return out;
}

// Rounding grows as eps * log2(n) * |x|, and |x| is about sqrt(n / 3).
double tolerance(int size) {
  return 1.2e-7 * std::log2(size) * std::sqrt(size);
}

TEST_P(RealFftTest, EqualsTheDefinition) {
  const int n = GetParam();
  const std::vector<float> in = noise(n);
  std::vector<std::complex<float>> out(n / 2 + 1);
  RealFft(n).forward(in.data(), out.data());
  for (int k = 0; k <= n / 2; ++k) {
    std::complex<double> sum = 0;
    for (int t = 0; t < n; ++t) {
      sum += double(in[t]) * std::polar(1.0, -2 * std::numbers::pi * k * t / n);
    }
    EXPECT_NEAR(out[k].real(), sum.real(), tolerance(n)) << k;
    EXPECT_NEAR(out[k].imag(), sum.imag(), tolerance(n)) << k;
  }
}

TEST_P(RealFftTest, InverseUndoesForward) {
  const int n = GetParam();
  const std::vector<float> in = noise(n);
  std::vector<std::complex<float>> bins(n / 2 + 1);
  std::vector<float> back(n);
  const RealFft fft(n);
  fft.forward(in.data(), bins.data());
  bins[0].imag(7), bins[n / 2].imag(-7);  // ignored by contract
  fft.inverse(bins.data(), back.data());
  for (int t = 0; t < n; ++t) EXPECT_NEAR(back[t], in[t], tolerance(n)) << t;
}

INSTANTIATE_TEST_SUITE_P(Sizes, RealFftTest, testing::Values(4, 8, 64, 512, 1024));

}  // namespace
}  // namespace tutti
