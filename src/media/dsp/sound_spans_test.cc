#include "media/dsp/sound_spans.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "media/dsp/mel.h"

namespace tutti {
namespace {

double amplitude_of(double db) {
  return std::pow(10, db / 20);
}

std::vector<float> noise(double db, double seconds, int seed = 1) {
  std::mt19937 random{unsigned(seed)};
  std::normal_distribution<float> normal(0, float(amplitude_of(db)));
  std::vector<float> samples(size_t(seconds * 16000));
  for (float& sample : samples) sample = normal(random);
  return samples;
}

// Syllables of a voice: harmonics of 140 Hz under two formants, four a second, with pauses between
// them; `db` is the level of the whole, as that of noise().
std::vector<float> voice(double db, double seconds) {
  std::vector<float> samples(size_t(seconds * 16000));
  double power = 0;
  for (size_t t = 0; t < samples.size(); ++t) {
    const double time = double(t) / 16000, syllable = std::sin(2 * M_PI * 2 * time);
    double sum = 0;
    for (int k = 1; k < 25; ++k) {
      const double hz = 140 * k;
      const double formants = std::exp(-std::pow((hz - 600) / 250, 2)) +
                              0.4 * std::exp(-std::pow((hz - 1800) / 400, 2)) + 0.02;
      sum += formants * std::sin(2 * M_PI * hz * time);
    }
    samples[t] = float(sum * syllable * syllable);
    power += double(samples[t]) * samples[t];
  }
  const double scale = amplitude_of(db) / std::sqrt(power / double(samples.size()));
  for (float& sample : samples) sample = float(sample * scale);
  return samples;
}

std::vector<float> joined(std::initializer_list<std::vector<float>> parts) {
  std::vector<float> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::vector<float> silence(double seconds) {
  return std::vector<float>(size_t(seconds * 16000));
}

TEST(SoundSpans, SilenceAndFaintNoiseAreNothing) {
  EXPECT_TRUE(sound_spans(log_mel(silence(3))).empty());
  for (const double db : {-90.0, -70.0, -60.0, -55.0})
    for (int seed = 1; seed < 6; ++seed) EXPECT_TRUE(is_silent(log_mel(noise(db, 5, seed)))) << db;
  EXPECT_TRUE(is_silent(Mel{80, {}}));
  std::vector<float> hum(48000);  // 50 Hz at -30 dB, and a click
  for (size_t t = 0; t < hum.size(); ++t)
    hum[t] = float(amplitude_of(-27) * std::sin(2 * M_PI * 50 * double(t) / 16000));
  EXPECT_TRUE(is_silent(log_mel(hum)));
  std::vector<float> click = silence(2);
  std::fill_n(click.begin() + 16000, 160, 0.5f);
  EXPECT_TRUE(is_silent(log_mel(click)));
}

TEST(SoundSpans, SoftVoicesAreHeardWhole) {
  for (const double db : {-20.0, -35.0, -45.0, -50.0}) {
    const Mel mel = log_mel(voice(db, 3));
    const auto spans = sound_spans(mel);
    ASSERT_EQ(spans.size(), 1u) << db;
    EXPECT_EQ(spans[0].begin, 0);
    EXPECT_EQ(spans[0].end, mel.frames());
    EXPECT_EQ(part_of(mel, spans[0]).values, mel.values);
  }
}

// Speech with ordinary pauses, and noise louder than a voice at its softest, change nothing.
TEST(SoundSpans, OrdinarySoundsAreOneSpan) {
  for (const auto& samples :
       {joined({silence(0.4), voice(-25, 1), silence(0.5), voice(-25, 1), silence(0.5)}),
        noise(-40, 3), joined({noise(-45, 2), voice(-25, 1), noise(-45, 2)})}) {
    const auto spans = sound_spans(log_mel(samples));
    ASSERT_EQ(spans.size(), 1u);
    EXPECT_EQ(spans[0].begin, 0);
    EXPECT_EQ(spans[0].end, int(samples.size() / 160));
  }
}

TEST(SoundSpans, LongPausesAreLeftOut) {
  for (const double db : {-200.0, -57.0}) {
    const auto spans = sound_spans(log_mel(
        joined({noise(db, 2), voice(-25, 1), noise(db, 3), voice(-30, 2), noise(db, 1.5)})));
    ASSERT_EQ(spans.size(), 2u) << db;
    EXPECT_NEAR(spans[0].begin, 200, kAroundSound + 10);
    EXPECT_NEAR(spans[0].end, 300, kAroundSound + 10);
    EXPECT_NEAR(spans[1].begin, 600, kAroundSound + 10);
    EXPECT_NEAR(spans[1].end, 800, kAroundSound + 10);
    for (const SoundSpan& span : spans) {
      EXPECT_GE(span.begin, 0);
      EXPECT_LE(span.end, 950);
    }
  }
}

TEST(SoundSpans, AShortSoundIsASound) {
  EXPECT_FALSE(is_silent(log_mel(voice(-20, 0.2))));
  EXPECT_FALSE(is_silent(log_mel(noise(-20, 0.03))));
  EXPECT_TRUE(is_silent(log_mel(silence(0.03))));
}

}  // namespace
}  // namespace tutti
