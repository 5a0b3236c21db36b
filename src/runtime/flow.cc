#include "runtime/flow.h"

#include <algorithm>

#include "base/rng.h"

namespace tutti {
namespace {

constexpr int kMostSteps = 1000;
constexpr float kMostGuidance = 100;
constexpr float kLeastNoise = 0.05f;  // as in the training loss, where 1 / (1 - t) is cut here

}  // namespace

Status check_flow_options(const FlowOptions& options) {
  if (options.steps < 1 || options.steps > kMostSteps)
    return usage_error("steps is " + std::to_string(options.steps) + "; use 1 to " +
                       std::to_string(kMostSteps));
  if (!(options.guidance_scale >= 0 && options.guidance_scale <= kMostGuidance))
    return usage_error("guidance scale is " + std::to_string(options.guidance_scale) +
                       "; use 0 to 100 (1: no guidance)");
  return {};
}

Result<std::vector<float>> sample_flow(size_t values, const FlowOptions& options,
                                       const FlowModel& model) {
  TUTTI_CHECK(check_flow_options(options));
  Rng rng(options.seed);
  std::vector<float> z(values);
  for (float& value : z) value = float(rng.normal());

  FlowPrediction prediction;
  for (int step = 0; step < options.steps; ++step) {
    const float t = float(step) / float(options.steps);
    TUTTI_CHECK(model(z, t, prediction));
    std::vector<float>& x = prediction.conditional;
    const std::vector<float>& without = prediction.unconditional;
    for (size_t i = 0; i < without.size(); ++i)
      x[i] = without[i] + options.guidance_scale * (x[i] - without[i]);
    if (step + 1 == options.steps) return std::move(x);
    const float rate = 1.0f / (float(options.steps) * std::max(1 - t, kLeastNoise));
    for (size_t i = 0; i < values; ++i) z[i] += rate * (x[i] - z[i]);
  }
  return z;
}

}  // namespace tutti
