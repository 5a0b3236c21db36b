#include "engine/samplers/flow_sampler.h"

#include <algorithm>

#include "base/rng.h"
#include "base/short_number.h"

namespace tutti {
namespace {

constexpr int kMostSteps = 1000;
constexpr float kMostGuidance = 100;

}  // namespace

Status check_flow_options(const FlowOptions& options) {
  if (options.steps < 1 || options.steps > kMostSteps)
    return usage_error("steps is " + std::to_string(options.steps) + "; use 1 to " +
                       std::to_string(kMostSteps));
  if (!(options.guidance_scale >= 0 && options.guidance_scale <= kMostGuidance))
    return usage_error("guidance scale is " + short_number(options.guidance_scale) +
                       "; use 0 to 100 (1: no guidance)");
  return {};
}

FlowSampler::FlowSampler(size_t values, const FlowOptions& options)
    : options_(options), z_(values), solver_(values) {
  Rng rng(options.seed);
  for (float& value : z_) value = float(rng.normal());
}

void FlowSampler::advance() {
  const float from = t();
  const bool guide = guided();
  ++step_;
  std::vector<float>& x = prediction_.conditional;
  const std::vector<float>& without = prediction_.unconditional;
  if (guide)
    for (size_t i = 0; i < without.size(); ++i)
      x[i] = without[i] + options_.guidance_scale * (x[i] - without[i]);
  if (!done()) solver_.step(z_, x, from, t());
}

Result<std::vector<float>> sample_flow(size_t values, const FlowOptions& options,
                                       const FlowModel& model) {
  TUTTI_CHECK(check_flow_options(options));
  FlowSampler sampler(values, options);
  while (!sampler.done()) {
    TUTTI_CHECK(model(sampler.z(), sampler.t(), sampler.prediction()));
    sampler.advance();
  }
  return sampler.clean();
}

}  // namespace tutti
