// The flow-matching sampler: from noise to data along an ordinary differential equation, by the
// method and at the times of model/flow_solver.h. Classifier-free guidance (arXiv 2207.12598)
// extrapolates from the prediction without the prompt, in all evaluations but the last of several.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "model/flow_solver.h"

namespace tutti {

struct FlowOptions {
  int steps = 8;
  float guidance_scale = 1;  // 1: none, and the unconditional branch is not asked for
  uint64_t seed = 0;
};

// usage_error unless 1 <= steps <= 1000 and 0 <= guidance_scale <= 100.
Status check_flow_options(const FlowOptions& options);

// What the model says of z at noise level t (0 noise, 1 clean), with the prompt and without.
struct FlowPrediction {
  std::vector<float> conditional, unconditional;  // the latter is read where it is guided
};
// Overwrites the prediction of the step before, so that steps need no new memory.
using FlowModel =
    std::function<Status(std::span<const float> z, float t, FlowPrediction& prediction)>;

// A sample on its way: evaluate the model at z() and t(), write prediction(), advance().
class FlowSampler {
 public:
  // `values` numbers, started from standard normal noise. The options passed the check.
  FlowSampler(size_t values, const FlowOptions& options);

  const FlowOptions& options() const { return options_; }
  std::span<const float> z() const { return z_; }
  float t() const { return flow_time(step_, options_.steps); }
  int step() const { return step_; }  // evaluations so far
  bool done() const { return step_ == options_.steps; }
  // Whether the prediction at t() needs its unconditional half.
  bool guided() const {
    return options_.guidance_scale != 1 && is_guided(t(), flow_time(step_ + 1, options_.steps));
  }

  FlowPrediction& prediction() { return prediction_; }
  void advance();
  // The last prediction of clean data, guided; the sample once done().
  const std::vector<float>& clean() const { return prediction_.conditional; }

 private:
  FlowOptions options_;
  int step_ = 0;
  std::vector<float> z_;
  FlowSolver solver_;
  FlowPrediction prediction_;
};

// All steps.
Result<std::vector<float>> sample_flow(size_t values, const FlowOptions& options,
                                       const FlowModel& model);

}  // namespace tutti
