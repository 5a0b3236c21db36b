#include "eval/metrics/frechet.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace tutti {
namespace {

Features cloud(int samples, uint64_t seed, std::vector<float> mean, std::vector<float> deviation) {
  Rng rng(seed);
  Features set;
  for (int i = 0; i < samples; ++i) {
    std::vector<float> sample;
    for (size_t k = 0; k < mean.size(); ++k)
      sample.push_back(mean[k] + deviation[k] * float(rng.normal()));
    set.push_back(sample);
  }
  return set;
}

TEST(Frechet, SameSetIsZero) {
  const Features set = cloud(50, 1, {1, 2, 3}, {1, 2, 0.5f});
  EXPECT_NEAR(frechet_distance(set, set), 0, 1e-9);
}

// Variances v and 4 v in each of two dimensions: (2 sqrt(v) - sqrt(v))^2 = v each; means differ
// by 3.
TEST(Frechet, HandComputed) {
  const Features a = {{1, 1}, {1, -1}, {-1, 1}, {-1, -1}};  // variance 4/3 each
  Features b;
  for (const auto& sample : a) b.push_back({2 * sample[0] + 3, 2 * sample[1]});
  EXPECT_NEAR(frechet_distance(a, b), 9 + 2 * 4.0 / 3, 1e-9);
}

TEST(Frechet, DoesNotDependOnTheAxes) {
  const Features a = cloud(400, 2, {0, 0}, {3, 1}), b = cloud(400, 3, {1, 0}, {1, 2});
  const auto turned = [](const Features& set) {
    Features out;
    for (const auto& s : set) out.push_back({0.6f * s[0] - 0.8f * s[1], 0.8f * s[0] + 0.6f * s[1]});
    return out;
  };
  EXPECT_NEAR(frechet_distance(turned(a), turned(b)), frechet_distance(a, b), 1e-4);
  EXPECT_NEAR(frechet_distance(a, b), frechet_distance(b, a), 1e-6);
}

TEST(NearestDistance, HandComputed) {
  EXPECT_DOUBLE_EQ(mean_nearest_distance({{0, 0}, {3, 4}}, {{0, 0}, {10, 10}}), 2.5);
}

}  // namespace
}  // namespace tutti
