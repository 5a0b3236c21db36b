// How one layer runs: INT8 with a scale a row, INT8 with calibrated scales, or bf16.
#pragma once

#include <string>
#include <vector>

#include "quantize/activations.h"
#include "runtime/linear/packed_weights.h"
#include "runtime/threads.h"

namespace tutti {

struct LayerChoice {
  std::string name;
  int rows = 0, cols = 0;
  long inputs = 0;  // rows that calibration saw
  float peak = 0;   // of its inputs
  // |y - y_f32| / |y_f32| over the sampled inputs, with the runtime's own kernels.
  double error_dynamic = 0;  // each row of inputs has a scale of its own
  double error_static = 0;   // the calibrated scale of the modality group
  double error_bf16 = 0;
  Precision precision = Precision::int8;
  bool paired = false;  // PackedWeights::paired()
  // A modality group each, or one for all; not 0: static.
  std::vector<float> input_scales;
  std::string reason;

  bool is_static() const;
  double error() const;  // of what was chosen
};

// `int8`: the matrix as it will be stored; `exact`: as it was given. Layers above `most_error` in
// INT8 stay in bf16. Static scales, which spare a pass over the inputs, win ties within a tenth.
Result<LayerChoice> choose_layer(const std::string& name, ConstMatrix exact,
                                 const PackedWeights& int8, const SeenInputs& seen,
                                 double most_error, ThreadPool& threads);

// The scale that rounds `values` to INT8 with the least squared error: the largest magnitude / 127,
// or a smaller one that clips the few largest values. 0 where all values are zero.
float best_scale(const std::vector<float>& values, float peak);

}  // namespace tutti
