#include "engine/samplers/flow_sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

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

// Data N(2, 0.5): the ideal x-prediction is linear in z, and the way from noise e is known, z(t) =
// 2 t + e hypot(t / 2, 1 - t). What is predicted from its last point is the sample.
constexpr double kMean = 2, kDeviation = 0.5;

// Root mean square distance from the exact samples.
double gaussian_error(int steps) {
  std::vector<float> noise;
  const auto x = sample_flow(
      1000, {.steps = steps, .seed = 2}, [&](std::span<const float> z, float t, FlowPrediction& p) {
        if (t == 0) noise.assign(z.begin(), z.end());
        p.conditional.clear();
        const double variance = t * t * kDeviation * kDeviation + (1 - t) * (1 - t);
        for (float value : z)
          p.conditional.push_back(
              float(kMean + t * kDeviation * kDeviation / variance * (value - t * kMean)));
        return Status();
      });
  EXPECT_TRUE(x);
  const double t = kLastTime, kept = t * kDeviation / std::hypot(t * kDeviation, 1 - t);
  double squares = 0;
  for (size_t i = 0; i < noise.size(); ++i)
    squares += std::pow((*x)[i] - (kMean + kept * kDeviation * noise[i]), 2);
  return std::sqrt(squares / double(noise.size()));
}

// Of first order it would halve.
TEST(Flow, TwiceTheStepsQuarterTheError) {
  const double coarse = gaussian_error(9), fine = gaussian_error(17);
  EXPECT_LT(coarse, 0.01);
  EXPECT_LT(fine, coarse / 3) << coarse;
  EXPECT_GT(fine, coarse / 5) << coarse;
}

// What a few-step student is to say so that its step lands where its teacher's steps land.
TEST(Flow, APredictionIsFoundForWhereItsStepLands) {
  FlowSolver solver(1);
  std::vector<float> z = {1};
  float t = 0;
  for (float to : {0.2f, 0.5f, 1.0f}) {
    const float end = 3 * to - z[0];
    const float x = solver.prediction_for(0, z[0], end, t, to);
    solver.step(z, std::vector<float>{x}, t, to);
    EXPECT_NEAR(z[0], end, 1e-5) << to;
    t = to;
  }
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
