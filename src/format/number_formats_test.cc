#include "format/number_formats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tutti {
namespace {

TEST(HalfPrecision, F16AgreesWithItsDefinition) {
  for (uint32_t bits = 0; bits < 0x7c00; ++bits) {
    const int exponent = int(bits >> 10), fraction = int(bits & 1023);
    const float expected =
        exponent ? std::ldexp(1024.0f + fraction, exponent - 25) : std::ldexp(float(fraction), -24);
    ASSERT_EQ(f32_from_f16(uint16_t(bits)), expected);
    ASSERT_EQ(f32_from_f16(uint16_t(bits | 0x8000)), -expected);
  }
  EXPECT_EQ(f32_from_f16(0x7c00), std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(f32_from_f16(0x7e00)));
}

}  // namespace
}  // namespace tutti
