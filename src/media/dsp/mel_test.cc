#include "media/dsp/mel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

namespace tutti {
namespace {

std::vector<float> sine(double hz, size_t count, double amplitude = 0.5) {
  std::vector<float> out(count);
  for (size_t t = 0; t < count; ++t) {
    out[t] = float(amplitude * std::sin(2 * std::numbers::pi * hz * double(t) / 16000));
  }
  return out;
}

// The centre of triangle m in Hz, by Slaney's published constants.
double centre_hz(int m) {
  const double mel = 45.245640471924965 * (m + 1) / 81;
  return mel < 15 ? mel * 200 / 3 : 1000 * std::pow(6.4, (mel - 15) / 27);
}

TEST(Mel, SinePeaksInItsBin) {
  for (int bin : {5, 20, 40, 60, 78}) {
    const Mel mel = log_mel(sine(centre_hz(bin), 16000));
    ASSERT_EQ(mel.frames(), 100);
    const float* frame = mel.values.data() + 50 * mel_bins;
    EXPECT_NEAR(double(std::max_element(frame, frame + mel_bins) - frame), bin, 1) << bin;
  }
}

TEST(Mel, EveryTriangleHasWeightAndUnitArea) {
  for (int m = 0; m < mel_bins; ++m) {
    const MelFilter& filter = mel_filters()[m];
    ASSERT_FALSE(filter.weights.empty()) << m;
    ASSERT_LE(filter.first + filter.weights.size(), size_t(stft_bins));
    float area = 0;
    for (float weight : filter.weights) area += weight * 31.25f;
    EXPECT_NEAR(area, 1, 0.35) << m;  // sampled at 31.25 Hz, so only roughly one
  }
}

TEST(Mel, SilenceIsTheFloorAndSpeechLevelIsInRange) {
  for (float value : log_mel(std::vector<float>(1600)).values) {
    EXPECT_NEAR(value, (std::log(1e-5) + 5) / 3, 1e-5);
  }
  for (float value : log_mel(sine(300, 16000, 1.0)).values) EXPECT_LT(value, 2.5f);
  EXPECT_NEAR(log_to_mel(mel_to_log(0.3f)), 0.3f, 1e-5);
}

TEST(Mel, StreamEqualsBatchForAnyChunks) {
  std::mt19937 random(7);
  std::vector<float> samples(16000 + 77);
  for (float& value : samples) value = std::uniform_real_distribution<float>(-1, 1)(random);
  const Mel whole = log_mel(samples);
  ASSERT_EQ(whole.frames(), 100);
  for (int largest : {1, 50, 160, 161, 1000, 20000}) {
    MelStream stream;
    std::vector<float> streamed;
    for (size_t at = 0; at < samples.size();) {
      const size_t wish = std::uniform_int_distribution<size_t>(0, size_t(largest))(random);
      const size_t take = std::min(wish, samples.size() - at);
      const Mel part = stream.push(std::span<const float>(samples).subspan(at, take));
      streamed.insert(streamed.end(), part.values.begin(), part.values.end());
      at += take;
      EXPECT_EQ(streamed.size(), at / 160 * mel_bins);  // no frame is late
    }
    EXPECT_EQ(streamed, whole.values) << largest;
  }
}

// Four frames side by side are the frames one by one.
TEST(Mel, IsTheFiltersOfTheSpectrum) {
  std::mt19937 random(8);
  std::vector<float> samples(160 * 21);
  for (float& value : samples) value = std::uniform_real_distribution<float>(-1, 1)(random);
  const Spectrum spectrum = stft(samples);
  const Mel mel = log_mel(samples);
  ASSERT_EQ(spectrum.size(), size_t(21) * stft_bins);
  ASSERT_EQ(mel.frames(), 21);
  for (int frame = 0; frame < 21; ++frame) {
    std::array<float, stft_bins> magnitudes;
    std::array<float, mel_bins> want;
    for (int k = 0; k < stft_bins; ++k) magnitudes[k] = std::abs(spectrum[frame * stft_bins + k]);
    apply_mel_filters(magnitudes.data(), want.data());
    for (int m = 0; m < mel_bins; ++m)
      EXPECT_NEAR(mel.values[frame * mel_bins + m], mel_to_log(want[m]), 1e-5) << frame;
  }
}

TEST(Mel, RefusesOtherRates) {
  const Result<Mel> mel = log_mel(Sound{44100, std::vector<float>(1000)});
  ASSERT_FALSE(mel);
  EXPECT_NE(mel.error().message().find("44100"), std::string::npos);
}

}  // namespace
}  // namespace tutti
