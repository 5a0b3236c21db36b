#include "media/dsp/griffin_lim.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "media/dsp/mel.h"
#include "media/dsp/stft.h"

namespace tutti {
namespace {

// A vowel-like sound: 30 harmonics of a gliding voice, louder and softer four times a second.
std::vector<float> voice(size_t count) {
  std::vector<float> out(count);
  double phase = 0;
  for (size_t t = 0; t < count; ++t) {
    const double seconds = double(t) / 16000;
    phase += 2 * std::numbers::pi * (140 + 30 * std::sin(5 * seconds)) / 16000;
    double sum = 0;
    for (int h = 1; h <= 30; ++h) sum += std::sin(h * phase) / (1 + 0.3 * h);
    out[t] = float(0.06 * sum * (0.55 + 0.45 * std::sin(25 * seconds)));
  }
  return out;
}

double mean_distance(const Mel& a, const Mel& b) {
  double sum = 0;
  for (size_t k = 0; k < a.values.size(); ++k) sum += std::abs(a.values[k] - b.values[k]);
  return sum / double(a.values.size());
}

TEST(GriffinLim, MagnitudesHaveTheMelTheyCameFrom) {
  const Mel mel = log_mel(voice(8000));
  const std::vector<float> magnitudes = mel_to_magnitudes(mel);
  ASSERT_EQ(magnitudes.size(), size_t(mel.frames()) * stft_bins);
  Mel back{mel_bins, std::vector<float>(mel.values.size())};
  for (int i = 0; i < mel.frames(); ++i) {
    float* frame = back.values.data() + size_t(i) * mel_bins;
    apply_mel_filters(magnitudes.data() + size_t(i) * stft_bins, frame);
    for (int m = 0; m < mel_bins; ++m) frame[m] = mel_to_log(frame[m]);
  }
  EXPECT_LT(mean_distance(mel, back), 0.03);
}

TEST(GriffinLim, ReanalysedSoundHasTheMel) {
  const Mel mel = log_mel(voice(16000));
  const Result<Sound> sound = griffin_lim(mel);
  ASSERT_TRUE(sound);
  ASSERT_EQ(sound->samples.size(), 16000u);
  const double distance = mean_distance(mel, log_mel(sound->samples));
  RecordProperty("mel_distance", std::to_string(distance));
  EXPECT_LT(distance, 0.05);  // one unit is a factor of 20 in magnitude, so 0.05 is 1.3 dB

  const Result<Sound> few = griffin_lim(mel, {.iterations = 1});
  ASSERT_TRUE(few);
  EXPECT_LT(distance, mean_distance(mel, log_mel(few->samples)));
}

TEST(GriffinLim, SurvivesNonsense) {
  EXPECT_FALSE(griffin_lim(Mel{64, std::vector<float>(640)}));
  const Result<Sound> empty = griffin_lim(Mel{});
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->samples.empty());

  Mel wild{mel_bins, std::vector<float>(10 * mel_bins, 1e30f)};
  wild.values[7] = -1e30f;
  wild.values[8] = std::nanf("");
  const Result<Sound> loud = griffin_lim(wild, {.iterations = 4});
  ASSERT_TRUE(loud);
  for (float sample : loud->samples) EXPECT_LE(std::abs(sample), 1.f);
}

}  // namespace
}  // namespace tutti
