#include "base/rounding.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tutti {
namespace {

TEST(Rounding, Int8TiesGoToEven) {
  const std::pair<float, int> kCases[] = {{0.5f, 0},     {1.5f, 2},   {2.5f, 2},      {-0.5f, 0},
                                          {-2.5f, -2},   {-3.5f, -4}, {1e9f, 127},    {-1e9f, -127},
                                          {126.5f, 126}, {NAN, 0},    {INFINITY, 127}};
  for (const auto& [value, wanted] : kCases) EXPECT_EQ(to_int8(value, 1), wanted) << value;
}

TEST(Rounding, Int8ScalesHoldTheLargest) {
  for (float most : {1e-30f, 1.0f, 3e38f, INFINITY}) {
    const Int8Scale scale = int8_scale(most);
    EXPECT_EQ(to_int8(std::min(most, FLT_MAX), scale.inverse), 127) << most;
    EXPECT_TRUE(std::isfinite(scale.scale)) << most;
  }
  for (float none : {0.0f, 1e-36f, NAN}) EXPECT_EQ(int8_scale(none).inverse, 0) << none;
}

TEST(Rounding, Bf16TiesGoToEvenAndNanStaysNan) {
  EXPECT_EQ(from_bf16(to_bf16(1 + 0x1p-8f)), 1);              // between 1 and 1 + 2^-7
  EXPECT_EQ(from_bf16(to_bf16(1 + 0x1.8p-7f)), 1 + 0x1p-6f);  // between 1 + 2^-7 and 1 + 2^-6
  EXPECT_EQ(to_bf16(-0.0f), 0x8000);
  EXPECT_TRUE(std::isinf(from_bf16(to_bf16(FLT_MAX))));
  for (uint32_t bits = 0; bits <= 0x7f80; ++bits)
    ASSERT_EQ(to_bf16(from_bf16(uint16_t(bits))), bits);
  for (uint32_t bits : {0x7fffffffu, 0xffffffffu, 0x7f800001u, 0x7fc00000u}) {
    float nan;
    std::memcpy(&nan, &bits, sizeof nan);
    EXPECT_TRUE(std::isnan(from_bf16(to_bf16(nan)))) << bits;
  }
}

TEST(Rounding, SamplesOfMediaTieAwayFromZero) {
  const std::pair<float, int> kCases[] = {{0.5f, 1},     {1.5f, 2},   {2.5f, 3}, {127.5f, 128},
                                          {254.6f, 255}, {300, 255},  {-1, 0},   {0.49999997f, 0},
                                          {NAN, 0},      {1e30f, 255}};
  for (const auto& [value, wanted] : kCases) EXPECT_EQ(to_byte(value), wanted) << value;
  EXPECT_EQ(to_pcm(0.5f, 32767), 16384);  // 16383.5
  EXPECT_EQ(to_pcm(-0.5f, 32767), -16384);
  EXPECT_EQ(to_pcm(-7, 32768), -32768);
  EXPECT_EQ(to_pcm(NAN, 32768), 0);
}

}  // namespace
}  // namespace tutti
