#include "base/rng.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tutti {
namespace {

TEST(Rng, IsTheSameEverywhere) {
  Rng rng(1);
  EXPECT_EQ(rng.next(), 0xb3f2af6d0fc710c5u);
  EXPECT_EQ(rng.next(), 0x853b559647364ceau);
  Rng bounds(2);
  for (int i = 0; i < 1000; ++i) {
    const int value = bounds.below(7);
    EXPECT_GE(value, 0);
    EXPECT_LT(value, 7);
  }
  EXPECT_EQ(bounds.below(0), 0);
}

TEST(Rng, NormalHasMeanZeroAndVarianceOne) {
  Rng rng(3);
  double sum = 0, squares = 0;
  const int n = 100000;
  for (int i = 0; i < n; ++i) {
    const double x = rng.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / n, 0, 4 / std::sqrt(double(n)));
  EXPECT_NEAR(squares / n, 1, 0.02);
}

}  // namespace
}  // namespace tutti
