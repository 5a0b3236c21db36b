// Symmetric INT8 for a model file: runs it in FP32 on a calibration set, measures for every layer
// what INT8 would cost, chooses (choose.h), and writes the result (format/package/model_package.h).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "quantize/calibration_set.h"
#include "quantize/choose.h"

namespace tutti {

struct QuantizeOptions {
  // A layer's largest relative error in INT8. Errors of layers add up as the square root of their
  // number: 40 in a row at 2 % are 13 % of a value before the next norm.
  double most_error = 0.02;
  std::vector<std::string> keep;  // parts of layers' names: these stay in bf16 whatever their error
  int threads = 0;
  std::function<void(const std::string& what)> progress;
};

struct QuantizeReport {
  std::string calibration;
  double most_error = 0;
  std::vector<LayerChoice> layers;           // in the order of their names
  size_t bytes_before = 0, bytes_after = 0;  // shards counted
};

// bad_input where the model is calibrated already, the set incomplete, a layer never reached or an
// activation not finite.
Result<QuantizeReport> quantize_model(const std::string& input, const std::string& output,
                                      const CalibrationSet& set, const QuantizeOptions& options);

std::string quantize_report_json(const QuantizeReport& report);

}  // namespace tutti
