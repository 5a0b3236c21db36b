#include "data/shard_format.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tutti {
namespace {

TEST(ShardFormat, MelStepIsHalfAPercentOfTheRange) {
  for (float value = -2.5f; value <= 2.5f; value += 0.013f) {
    EXPECT_NEAR(byte_to_mel(mel_to_byte(value)), value, 5.0f / 255 / 2 + 1e-6f);
  }
  EXPECT_EQ(mel_to_byte(-9), 0);
  EXPECT_EQ(mel_to_byte(9), 255);
  // Beyond what a long holds, and no number at all.
  EXPECT_EQ(mel_to_byte(1e30f), 255);
  EXPECT_EQ(mel_to_byte(-INFINITY), 0);
  EXPECT_EQ(mel_to_byte(NAN), 0);
}

TEST(ShardFormat, MuLawKeepsFourteenBitsOfRange) {
  for (int byte = 0; byte < 256; ++byte) {
    const float sample = ulaw_to_sample(uint8_t(byte));
    EXPECT_FLOAT_EQ(ulaw_to_sample(sample_to_ulaw(sample)), sample) << byte;
  }
  // Segments double: the error is at most 1/32 of the sample or half the smallest step.
  for (float sample = -0.98f; sample < 0.98f; sample += 0.0007f) {
    const float error = std::abs(ulaw_to_sample(sample_to_ulaw(sample)) - sample);
    EXPECT_LE(error, std::max(std::abs(sample) / 32 + 132.0f / 32 / 32768, 5.0f / 32768));
  }
}

TEST(ShardFormat, CrcIsThatOfZlib) {
  const std::string text = "123456789";
  EXPECT_EQ(crc32(std::as_bytes(std::span(text))), 0xcbf43926u);  // the published check value
}

TEST(ShardFormat, UnpackRefusesLies) {
  EXPECT_FALSE(unpack({}, 100));
  std::vector<std::byte> huge(40, std::byte(0xff));
  EXPECT_FALSE(unpack(huge, 1 << 20));
  std::vector<std::byte> rubbish(40, std::byte(0));
  rubbish[0] = std::byte(7);
  EXPECT_FALSE(unpack(rubbish, 1 << 20));
}

}  // namespace
}  // namespace tutti
