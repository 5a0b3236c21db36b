#include "eval/metrics/interval.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

// Newcombe (1998), table I: 81 of 263; 15 of 148; 0 of 20; 1 of 29.
TEST(WilsonInterval, IsThatOfThePaper) {
  const auto expect = [](int right, int n, double low, double high) {
    const Interval interval = wilson_interval(right, n);
    EXPECT_NEAR(interval.low, low, 5e-5) << right;
    EXPECT_NEAR(interval.high, high, 5e-5) << right;
  };
  expect(81, 263, 0.2553, 0.3662);
  expect(15, 148, 0.0624, 0.1605);
  expect(0, 20, 0, 0.1611);
  expect(1, 29, 0.0061, 0.1718);
}

TEST(WilsonInterval, OfNothingIsEverything) {
  EXPECT_EQ(wilson_interval(0, 0).low, 0);
  EXPECT_EQ(wilson_interval(0, 0).high, 1);
}

}  // namespace
}  // namespace tutti
