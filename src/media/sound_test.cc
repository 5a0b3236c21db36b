#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "media/decode_sound.h"
#include "media/encode_picture.h"
#include "media/encode_sound.h"
#include "tests/helpers/test_media.h"

namespace tutti {
namespace {

void put(std::vector<uint8_t>& out, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(uint8_t(value >> (8 * i)));
}

std::vector<uint8_t> wav(int format, int channels, int rate, int bits,
                         const std::vector<uint8_t>& data) {
  std::vector<uint8_t> out = {'R', 'I', 'F', 'F'};
  put(out, uint32_t(36 + data.size()), 4);
  for (char c : std::string("WAVEfmt ")) out.push_back(uint8_t(c));
  put(out, 16, 4), put(out, uint32_t(format), 2), put(out, uint32_t(channels), 2);
  put(out, uint32_t(rate), 4), put(out, uint32_t(rate) * uint32_t(channels * bits / 8), 4);
  put(out, uint32_t(channels * bits / 8), 2), put(out, uint32_t(bits), 2);
  for (char c : std::string("data")) out.push_back(uint8_t(c));
  put(out, uint32_t(data.size()), 4);
  out.insert(out.end(), data.begin(), data.end());
  return out;
}

double largest_difference(const Sound& a, const Sound& b, size_t margin = 0) {
  double largest = 0;
  for (size_t t = margin; t + margin < std::min(a.samples.size(), b.samples.size()); ++t) {
    largest = std::max(largest, double(std::abs(a.samples[t] - b.samples[t])));
  }
  return largest;
}

TEST(SoundFile, WavIsExact) {
  const TestFolder folder;
  Sound sound = tone(440, 0.5);
  sound.samples.push_back(1), sound.samples.push_back(-1);
  ASSERT_TRUE(save_sound(folder.file("a.wav"), sound));
  const auto back = load_sound(folder.file("a.wav"));
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(back->sample_rate, 16000);
  ASSERT_EQ(back->samples.size(), sound.samples.size());
  EXPECT_LE(largest_difference(sound, *back), 1.0 / 32768);
  EXPECT_EQ(folder.files(), 1u);
}

TEST(SoundFile, OtherRatesAreResampled) {
  for (int rate : {8000, 22050, 44100, 48000}) {
    const auto bytes = encode_sound(tone(440, 1, rate), "wav");
    ASSERT_TRUE(bytes);
    const auto back = load_sound(*bytes);
    ASSERT_TRUE(back);
    EXPECT_NEAR(double(back->samples.size()), 16000, 2) << rate;
    EXPECT_LT(largest_difference(tone(440, 1), *back, 400), 0.01) << rate;
  }
}

TEST(SoundFile, CompressedKinds) {
  for (const char* kind : {"flac", "mp3", "ogg", "m4a"}) {
    const auto bytes = encode_sound(tone(440, 1), kind);
    ASSERT_TRUE(bytes) << kind << ": " << bytes.error().message();
    const auto back = load_sound(*bytes);
    ASSERT_TRUE(back) << kind << ": " << back.error().message();
    EXPECT_NEAR(back->seconds(), 1, 0.08) << kind;
    double power = 0;
    for (float sample : back->samples) power += sample * sample;
    EXPECT_NEAR(power / 16000, 0.18, 0.02) << kind;
  }
}

TEST(SoundFile, MuLawWav) {
  // G.711: FF and 7F are zero, 80 and 00 the extremes, 32124 / 32768.
  const auto sound = load_sound(wav(7, 1, 16000, 8, {0xFF, 0x7F, 0x80, 0x00}));
  ASSERT_TRUE(sound) << sound.error().message();
  ASSERT_EQ(sound->samples.size(), 4u);
  const float wanted[] = {0, 0, 32124 / 32768.f, -32124 / 32768.f};
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(sound->samples[size_t(i)], wanted[i], 1e-4) << i;
}

// Packed 16-bit channels: a tone in each, times its gain.
std::vector<uint8_t> tones(const std::vector<double>& gains, int count = 1600) {
  std::vector<uint8_t> data;
  for (int t = 0; t < count; ++t)
    for (const double gain : gains)
      put(data, uint32_t(std::lround(16384 * gain * std::sin(2 * M_PI * t * 440 / 16000))), 2);
  return wav(1, int(gains.size()), 16000, 16, data);
}

double amplitude(const std::vector<uint8_t>& file) {
  const auto sound = load_sound(file);
  EXPECT_TRUE(sound) << (sound ? "" : sound.error().message());
  double power = 0;
  for (const float x : sound ? sound->samples : std::vector<float>()) power += double(x) * x;
  return std::sqrt(2 * power / double(sound->samples.size()));
}

TEST(SoundFile, ChannelsThatSoundAreMixedAlike) {
  EXPECT_NEAR(amplitude(tones({1})), 0.5, 1e-3);
  EXPECT_NEAR(amplitude(tones({1, 0.5})), 0.375, 1e-3);
  EXPECT_NEAR(amplitude(tones({1, 1, 1, 1, 1, 0.1})), 0.5 * 5.1 / 6, 1e-3);
  EXPECT_NEAR(amplitude(tones(std::vector<double>(12, 0.7))), 0.35, 1e-3);
}

TEST(SoundFile, ASilentSideDoesNotHalveTheOther) {
  EXPECT_NEAR(amplitude(tones({1, 0})), 0.5, 1e-3);
  EXPECT_NEAR(amplitude(tones({0.002, 1})), 0.5, 1e-3);
  EXPECT_NEAR(amplitude(tones({0, 0, 1, 0, 0, 0})), 0.5, 1e-3);
  EXPECT_NEAR(amplitude(tones({0, 1, 0.5, 0})), 0.375, 1e-3);
}

TEST(SoundFile, OfSidesThatCancelTheLouderIsTaken) {
  EXPECT_NEAR(amplitude(tones({1, -1})), 0.5, 1e-3);
  EXPECT_NEAR(amplitude(tones({-0.8, 1})), 0.5, 1e-3);
  EXPECT_NEAR(amplitude(tones({0, 0.6, 0, -0.6})), 0.3, 1e-3);
  EXPECT_NEAR(amplitude(tones({0, 0})), 0, 1e-6);
  std::vector<uint8_t> data;
  for (int t = 0; t < 1600; ++t)
    for (const float sign : {1.f, -1.f})
      put(data, std::bit_cast<uint32_t>(sign * 0.5f * float(std::sin(2 * M_PI * t / 40))), 4);
  EXPECT_NEAR(amplitude(wav(3, 2, 16000, 32, data)), 0.5, 1e-3);
}

TEST(SoundFile, SamplesThatAreNoNumbersAreRefused) {
  for (const uint32_t wrong : {0x7FC00000u, 0x7F800000u, 0xFF800000u}) {
    std::vector<uint8_t> data;
    for (const uint32_t bits : {0u, wrong, 0x42000000u, 0xC2000000u}) put(data, bits, 4);
    const auto sound = load_sound(wav(3, 1, 16000, 32, data));
    ASSERT_FALSE(sound);
    EXPECT_EQ(sound.error().code(), ErrorCode::bad_input);
    EXPECT_NE(sound.error().message().find("no numbers"), std::string::npos);
  }
  std::vector<uint8_t> loud;  // beyond full scale is clipped, as everywhere
  for (const uint32_t bits : {0u, 0x42000000u, 0xC2000000u}) put(loud, bits, 4);
  EXPECT_EQ(load_sound(wav(3, 1, 16000, 32, loud))->samples, (std::vector<float>{0, 1, -1}));
}

TEST(SoundFile, LimitsAndAbsurdHeaders) {
  const auto bytes = encode_sound(tone(440, 2), "wav");
  ASSERT_TRUE(bytes);
  const auto long_one = load_sound(*bytes, {.max_seconds = 1});
  ASSERT_FALSE(long_one);
  EXPECT_EQ(long_one.error().code(), ErrorCode::bad_input);
  EXPECT_TRUE(load_sound(*bytes, {.max_seconds = 2}));
  const std::vector<uint8_t> data(64000, 1);
  EXPECT_FALSE(load_sound(wav(1, 1, 1, 16, data)));  // hours out of 64 kB
  EXPECT_FALSE(load_sound(wav(1, 1, 2000000000, 16, data)));
  EXPECT_FALSE(load_sound(wav(1, 65535, 16000, 16, data)));
  EXPECT_FALSE(load_sound(wav(1, 0, 16000, 16, data)));
  EXPECT_FALSE(load_sound(wav(1, 1, 16000, 16, {})));
  EXPECT_EQ(encode_sound(tone(1, 1), "xyz").error().code(), ErrorCode::usage);
  EXPECT_EQ(encode_sound(Sound{0, {}}, "wav").error().code(), ErrorCode::usage);
}

TEST(SoundFile, APictureHasNoSound) {
  const auto png = encode_picture(scene(16, 16, 3), "png");
  ASSERT_TRUE(png);
  const auto sound = load_sound(*png);
  ASSERT_FALSE(sound);
  EXPECT_EQ(sound.error().code(), ErrorCode::bad_input);
}

}  // namespace
}  // namespace tutti
