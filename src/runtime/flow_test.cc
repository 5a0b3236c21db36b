#include "runtime/flow.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tutti {
namespace {

TEST(Flow, OneStepIsThePrediction) {
  const auto x = sample_flow(3, {.steps = 1}, [](auto, float t, FlowPrediction& p) {
    EXPECT_EQ(t, 0);
    p = {{1, 2, 3}, {}};
    return Status();
  });
  ASSERT_TRUE(x);
  EXPECT_EQ(*x, (std::vector<float>{1, 2, 3}));
}

// A model that always predicts c: z follows the straight line from the noise to c.
TEST(Flow, FollowsStraightLines) {
  std::vector<float> start;
  const auto x = sample_flow(4, {.steps = 10, .seed = 8},
                             [&](std::span<const float> z, float t, FlowPrediction& p) {
                               if (t == 0) start.assign(z.begin(), z.end());
                               for (size_t i = 0; i < z.size(); ++i)
                                 EXPECT_NEAR(z[i], t * 5 + (1 - t) * start[i], 1e-5) << t;
                               p = {std::vector<float>(4, 5.0f), {}};
                               return Status();
                             });
  ASSERT_TRUE(x);
  EXPECT_EQ((*x)[0], 5);
}

// Data N(2, 0.5): the ideal x-prediction is linear in z. The samples have that mean; of the spread,
// the last prediction, a mean of all that z leaves possible, keeps its part.
TEST(Flow, SamplesAGaussian) {
  constexpr double mean = 2, deviation = 0.5;
  constexpr int count = 4000;
  const auto x = sample_flow(
      count, {.steps = 20, .seed = 2}, [&](std::span<const float> z, float t, FlowPrediction& p) {
        p.conditional.clear();
        const double variance = t * t * deviation * deviation + (1 - t) * (1 - t);
        for (float value : z)
          p.conditional.push_back(
              float(mean + t * deviation * deviation / variance * (value - t * mean)));
        return Status();
      });
  ASSERT_TRUE(x);
  double sum = 0, squares = 0;
  for (float value : *x) sum += value, squares += (value - mean) * (value - mean);
  EXPECT_NEAR(sum / count, mean, 5 * deviation / std::sqrt(count) + 1e-3);
  const double last = kLastTime, noise = 1 - last;
  const double kept = last * deviation / std::hypot(last * deviation, noise);
  EXPECT_NEAR(std::sqrt(squares / count), kept * deviation, 0.1 * deviation);  // Euler's error
}

TEST(Flow, GuidanceExtrapolates) {
  const auto model = [](auto, float, FlowPrediction& p) {
    p = {{3}, {1}};
    return Status();
  };
  const auto x = sample_flow(1, {.steps = 1, .guidance_scale = 2}, model);
  ASSERT_TRUE(x);
  EXPECT_EQ((*x)[0], 5);
  // Of several evaluations the last, which is the sample, is not.
  const auto two = sample_flow(1, {.steps = 2, .guidance_scale = 2}, model);
  ASSERT_TRUE(two);
  EXPECT_EQ((*two)[0], 3);
}

// What an evaluation needs no unconditional half for.
TEST(Flow, AsksForTheHalvesThatItReads) {
  const auto guided = [](const FlowOptions& options) {
    std::vector<bool> all;
    for (FlowSampler sampler(1, options); !sampler.done(); sampler.advance()) {
      all.push_back(sampler.guided());
      sampler.prediction() = {{3}, sampler.guided() ? std::vector<float>{1} : std::vector<float>()};
    }
    return all;
  };
  EXPECT_EQ(guided({.steps = 3, .guidance_scale = 2}), (std::vector<bool>{true, true, false}));
  EXPECT_EQ(guided({.steps = 1, .guidance_scale = 2}), (std::vector<bool>{true}));
  EXPECT_EQ(guided({.steps = 2, .guidance_scale = 1}), (std::vector<bool>{false, false}));
}

TEST(Flow, BadOptionsAndModelErrorsComeBack) {
  const auto fails = [](auto, float, FlowPrediction&) -> Status { return failed("broken"); };
  EXPECT_EQ(sample_flow(1, {.steps = 3}, fails).error().message(), "broken");
  for (const FlowOptions& options :
       {FlowOptions{.steps = 0}, {.steps = 1001}, {.guidance_scale = -1}, {.guidance_scale = NAN}})
    EXPECT_EQ(sample_flow(1, options, fails).error().code(), ErrorCode::usage);
}

}  // namespace
}  // namespace tutti
