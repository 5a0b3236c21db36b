#include "quantize/choose.h"

#include <algorithm>
#include <cmath>

#include "base/rounding.h"
#include "runtime/linear/linear.h"

namespace tutti {
namespace {

// y = x w^T as the runtime computes it; scale 0: dynamic.
Result<std::vector<float>> product(ThreadPool& threads, ConstMatrix x, const PackedWeights& w,
                                   float scale) {
  std::vector<float> y(size_t(x.rows) * w.rows());
  TUTTI_ASSIGN(const AlignedFloats memory,
               AlignedFloats::allocate(input_floats(w.precision(), x.rows, x.cols) + 16));
  linear(threads, prepare(threads, w.precision(), x, memory.data(), scale), w, {},
         {y.data(), x.rows, w.rows(), size_t(w.rows())});
  return y;
}

// Squares of errors and of values, over groups.
struct Error2 {
  double error = 0, norm = 0;

  void add(const std::vector<float>& got, const std::vector<float>& want) {
    for (size_t i = 0; i < got.size(); ++i) {
      error += (double(got[i]) - want[i]) * (double(got[i]) - want[i]);
      norm += double(want[i]) * want[i];
    }
  }
  // A layer whose output is always zero has no error to speak of.
  double relative() const { return norm > 0 ? std::sqrt(error / norm) : 0; }
};

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
  return text;
}

// Fills in the choice from the errors.
void decide(LayerChoice& layer, const std::vector<float>& scales, double most_error) {
  const bool static_scales = layer.error_static <= 1.1 * layer.error_dynamic;
  const double error = static_scales ? layer.error_static : layer.error_dynamic;
  if (error > most_error) {
    layer.precision = Precision::bf16;
    layer.reason = "INT8 is off by " + percent(error) + ", more than " + percent(most_error);
  } else if (static_scales) {
    layer.input_scales = scales;
    layer.reason = "calibrated scales are as exact as one a row, and faster";
  } else {
    layer.reason = "one scale a row is more exact: " + percent(layer.error_dynamic) + " against " +
                   percent(layer.error_static);
  }
}

}  // namespace

bool LayerChoice::is_static() const {
  return std::any_of(input_scales.begin(), input_scales.end(), [](float s) { return s > 0; });
}

double LayerChoice::error() const {
  if (precision == Precision::bf16) return error_bf16;
  return is_static() ? error_static : error_dynamic;
}

float best_scale(const std::vector<float>& values, float peak) {
  float best = peak / 127;
  double least = INFINITY;
  for (int step = 0; step <= 14 && peak > 0; ++step) {
    const float scale = peak / 127 * (1 - 0.05f * float(step));
    double error = 0;
    for (float value : values) {
      const float rounded = float(to_int8(value / scale, 1)) * scale;
      error += double(value - rounded) * (value - rounded);
    }
    if (error < least) least = error, best = scale;
  }
  return best;
}

Result<LayerChoice> choose_layer(const std::string& name, ConstMatrix exact,
                                 const PackedWeights& int8, const SeenInputs& seen,
                                 double most_error, ThreadPool& threads) {
  LayerChoice layer{name, exact.rows, exact.cols};
  layer.paired = int8.paired();
  layer.input_scales.resize(seen.groups.size());
  TUTTI_ASSIGN(const PackedWeights f32, PackedWeights::f32(exact));
  TUTTI_ASSIGN(const PackedWeights bf16, PackedWeights::bf16(exact));
  std::vector<float> scales(seen.groups.size());
  Error2 dynamic, fixed, half;
  for (size_t g = 0; g < scales.size(); ++g) {
    const SeenRows& rows = seen.groups[g];
    layer.inputs += rows.count;
    layer.peak = std::max(layer.peak, rows.peak);
    if (rows.rows.empty()) continue;
    const int count = int(rows.rows.size() / size_t(seen.cols));
    const ConstMatrix x = {rows.rows.data(), count, seen.cols, size_t(seen.cols)};
    scales[g] = best_scale(rows.rows, rows.peak);
    TUTTI_ASSIGN(const auto want, product(threads, x, f32, 0));
    TUTTI_ASSIGN(const auto by_row, product(threads, x, int8, 0));
    TUTTI_ASSIGN(const auto calibrated, product(threads, x, int8, scales[g]));
    TUTTI_ASSIGN(const auto rounded, product(threads, x, bf16, 0));
    dynamic.add(by_row, want);
    fixed.add(calibrated, want);
    half.add(rounded, want);
  }
  layer.error_dynamic = dynamic.relative();
  layer.error_static = fixed.relative();
  layer.error_bf16 = half.relative();
  decide(layer, scales, most_error);
  return layer;
}

}  // namespace tutti
