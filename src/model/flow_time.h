// When the model is asked on its way from noise (t = 0) to data (t = 1), in training and inference.
#pragma once

namespace tutti {

// The last evaluation's noise level; what it predicts is the sample. Training draws t from
// sigmoid(N(-0.8, 0.8)) and hardly ever sees more (0.8: three times in a thousand), so that later
// predictions add grain instead of detail (docs/experiments.md).
constexpr float kLastTime = 0.7f;

// The noise level of evaluation `step` of `steps`; 1 once they are done.
constexpr float flow_time(int step, int steps) {
  if (step >= steps) return 1;
  return steps == 1 ? 0 : kLastTime * float(step) / float(steps - 1);
}

// Whether a step from t to `to` is guided. Of several steps the last one is not: where little is
// left open, guidance adds grain.
constexpr bool is_guided(float t, float to) {
  return to < 1 || t == 0;
}

}  // namespace tutti
