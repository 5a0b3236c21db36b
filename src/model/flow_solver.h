// The way from noise (t = 0) to data (t = 1), the same in training and inference: when the model is
// asked, and where its answers lead.
//
// It predicts clean data x from z = t x + (1 - t) noise (x-prediction, JiT, arXiv 2511.13720), so
// that dz/dt = (x - z) / (1 - t).
#pragma once

#include <cmath>
#include <span>
#include <vector>

namespace tutti {

// The last evaluation's noise level; what it predicts is the sample. Training draws t from
// sigmoid(N(-0.8, 0.8)), so that it has seen little of what is beyond
// (docs/experiments/painting.md).
constexpr float kLastTime = 0.5f;

// The noise level of evaluation `step` of `steps`; 1 once they are done. Early steps are shorter:
// there it is decided what there will be.
inline float flow_time(int step, int steps) {
  if (step >= steps) return 1;
  return steps == 1 ? 0 : kLastTime * std::pow(float(step) / float(steps - 1), 1.3f);
}

// Whether a step from t to `to` is guided. Of several steps the last one is not: where little is
// left open, guidance adds grain.
constexpr bool is_guided(float t, float to) {
  return to < 1 || t == 0;
}

// A linear multistep method of second order: a step takes x from the middle of its interval,
// extrapolated from the predictions at its beginning and at the beginning of the step before
// (DPM-Solver++ 2M, arXiv 2211.01095, in the time of this flow). Eight evaluations do what twenty
// of Euler's method do.
class FlowSolver {
 public:
  FlowSolver() = default;
  explicit FlowSolver(size_t values) : before_(values) {}

  // Moves z from t to `to`, where x is predicted at t. The last step, to 1, lands on x.
  void step(std::span<float> z, std::span<const float> x, float t, float to) {
    const float share = (to - t) / (1 - t), c = change(t, to);
    for (size_t i = 0; i < z.size(); ++i) {
      const float middle = c == 0 ? x[i] : x[i] + c * (x[i] - before_[i]);
      z[i] += share * (middle - z[i]);
    }
    before_.assign(x.begin(), x.end());
    before_t_ = t;
  }

  // The prediction whose step moves z to z_end.
  float prediction_for(size_t i, float z, float z_end, float t, float to) const {
    const float middle = z + (1 - t) / (to - t) * (z_end - z), c = change(t, to);
    return c == 0 ? middle : (middle + c * before_[i]) / (1 + c);
  }

 private:
  // How much of the change of x over the step before is yet to come by the middle of this one.
  float change(float t, float to) const {
    return before_t_ < 0 || to == 1 ? 0 : 0.5f * (to - t) / (t - before_t_);
  }

  std::vector<float> before_;
  float before_t_ = -1;  // none yet
};

}  // namespace tutti
