// Voice-activity detection on the speech of the demo, in silence, noise and hum.
#include "serve/realtime/voice_activity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "base/rng.h"
#include "media/decode_sound.h"
#include "serve/realtime/sample_rate.h"

namespace tutti {
namespace {

using Kind = VoiceEvent::Kind;
using Samples = std::vector<float>;

// A sentence of nearly two seconds.
const Samples& speech() {
  static const Samples samples = [] {
    const char* root = std::getenv("TUTTI_SOURCE_DIR");
    const auto sound = load_sound(std::string(root ? root : ".") + "/models/demo/speech.wav");
    if (!sound) throw std::runtime_error(sound.error().message());
    Samples spoken = sound->samples;
    while (std::abs(spoken.back()) < 0.02f) spoken.pop_back();  // the silence behind it
    return spoken;
  }();
  return samples;
}

Samples silence(double seconds) {
  return Samples(size_t(seconds * 16000), 0.0f);
}

Samples joined(std::initializer_list<Samples> parts) {
  Samples all;
  for (const Samples& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

double level_db(const Samples& samples) {
  double energy = 0;
  for (const float x : samples) energy += double(x) * x;
  return 10 * std::log10(energy / double(samples.size()) + 1e-12);
}

Samples with_noise(Samples samples, double db) {
  Rng rng(5);
  for (float& x : samples) x += float(std::pow(10, db / 20) * rng.normal());
  return samples;
}

Samples with_hum(Samples samples, double amplitude) {
  for (size_t i = 0; i < samples.size(); ++i)
    samples[i] += float(amplitude * std::sin(2 * M_PI * 50 * double(i) / 16000));
  return samples;
}

std::vector<VoiceEvent> events_of(const Samples& samples, VoiceActivityOptions options = {},
                                  size_t piece = 320) {
  VoiceActivity vad(options);
  std::vector<VoiceEvent> all;
  for (size_t begin = 0; begin < samples.size(); begin += piece)
    for (const VoiceEvent& event :
         vad.push(std::span(samples).subspan(begin, std::min(piece, samples.size() - begin))))
      all.push_back(event);
  return all;
}

double seconds(const VoiceEvent& event) {
  return double(event.sample) / 16000;
}

// One utterance from `begin` to `end` seconds.
void expect_one(const std::vector<VoiceEvent>& events, double begin, double end) {
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].kind, Kind::started);
  EXPECT_EQ(events[1].kind, Kind::stopped);
  EXPECT_NEAR(seconds(events[0]), begin - 0.3, 0.3);  // the prefix
  EXPECT_NEAR(seconds(events[1]), end + 0.5, 0.35);   // the silence that ends it
}

TEST(VoiceActivity, FindsSpeechInSilence) {
  const double length = double(speech().size()) / 16000;
  const auto events = events_of(joined({silence(1), speech(), silence(1.5)}));
  expect_one(events, 1, 1 + length);
}

TEST(VoiceActivity, FindsSpeechInNoiseThatItHeardBefore) {
  const double length = double(speech().size()) / 16000;
  const Samples sound = joined({silence(1), speech(), silence(1.5)});
  expect_one(events_of(with_noise(sound, level_db(speech()) - 20)), 1, 1 + length);
}

TEST(VoiceActivity, HearsNoVoiceInNoiseHumOrClicks) {
  EXPECT_TRUE(events_of(silence(5)).empty());
  EXPECT_TRUE(events_of(with_noise(silence(5), -40)).empty());
  EXPECT_TRUE(events_of(with_noise(silence(5), -60)).empty());
  EXPECT_TRUE(events_of(with_hum(silence(5), 0.1)).empty());
  Samples clicks = silence(5);
  for (size_t i = 8000; i < clicks.size(); i += 16000)
    for (size_t j = 0; j < 200; ++j) clicks[i + j] = j % 2 ? 0.5f : -0.5f;
  EXPECT_TRUE(events_of(clicks).empty());
}

TEST(VoiceActivity, HumDoesNotHideSpeech) {
  const double length = double(speech().size()) / 16000;
  const Samples sound = joined({silence(1), speech(), silence(1.5)});
  expect_one(events_of(with_hum(sound, 0.05)), 1, 1 + length);
}

TEST(VoiceActivity, TwoUtterancesAreTwoAndAShortPauseIsNone) {
  const auto apart = events_of(joined({silence(0.5), speech(), silence(1), speech(), silence(1)}));
  EXPECT_EQ(apart.size(), 4u);
  const auto close =
      events_of(joined({silence(0.5), speech(), silence(0.2), speech(), silence(1)}));
  EXPECT_EQ(close.size(), 2u);
  EXPECT_EQ(events_of(joined({silence(0.5), speech(), silence(0.3), speech(), silence(1)}),
                      {.silence_ms = 200})
                .size(),
            4u);
}

TEST(VoiceActivity, AnUtteranceMayBeginAtOnce) {
  const auto events = events_of(joined({speech(), silence(1)}));
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events[0].kind, Kind::started);
  EXPECT_GE(events[0].sample, 0);
  EXPECT_LT(seconds(events[0]), 0.5);
}

TEST(VoiceActivity, PieceSizesDoNotMatter) {
  const Samples sound = with_noise(joined({silence(0.7), speech(), silence(1)}), -55);
  const auto expected = events_of(sound, {}, sound.size());
  for (const size_t piece : {1, 7, 160, 333, 4800}) {
    const auto events = events_of(sound, {}, piece);
    ASSERT_EQ(events.size(), expected.size()) << piece;
    for (size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].sample, expected[i].sample);
  }
}

TEST(VoiceActivity, AHigherThresholdNeedsLouderSpeech) {
  Samples quiet = joined({silence(1), speech(), silence(1)});
  for (float& x : quiet) x *= 0.02f;
  const double noise = level_db(speech()) - 34 - 12;  // 12 dB below the quiet speech
  EXPECT_FALSE(events_of(with_noise(quiet, noise), {.threshold = 0.1f}).empty());
  EXPECT_TRUE(events_of(with_noise(quiet, noise + 6), {.threshold = 1}).empty());
}

TEST(PcmReader, ResamplesAStreamInAnyPieces) {
  std::string bytes;
  for (int i = 0; i < 24000; ++i) {
    const auto value = int16_t(std::lround(10000 * std::sin(2 * M_PI * 440 * i / 24000)));
    bytes += char(value & 0xff);
    bytes += char(value >> 8 & 0xff);
  }
  std::vector<Samples> results;
  for (const size_t piece : {bytes.size(), size_t(961), size_t(4800)}) {
    PcmReader reader = *PcmReader::create(24000);
    Samples samples;
    for (size_t begin = 0; begin < bytes.size(); begin += piece) {
      const Samples more = *reader.push(std::string_view(bytes).substr(begin, piece));
      samples.insert(samples.end(), more.begin(), more.end());
    }
    results.push_back(samples);
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
  ASSERT_NEAR(double(results[0].size()), 16000, 50);
  // A sine stays a sine of that height: its mean square is half the square of it.
  EXPECT_NEAR(level_db(results[0]), 20 * std::log10(10000 / 32768.0) - 3.01, 0.1);
  EXPECT_FALSE(PcmReader::create(0));
}

}  // namespace
}  // namespace tutti
