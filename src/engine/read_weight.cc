#include "engine/read_weight.h"

#include <algorithm>
#include <cmath>

namespace tutti {
namespace {

using Dtype = EngineOptions::Dtype;

// What a matrix that is stored as `stored` runs in.
Precision precision_for(DType stored, Dtype wanted, bool calibrated) {
  switch (wanted) {
    case Dtype::f32:
      return Precision::f32;
    case Dtype::bf16:
      return Precision::bf16;
    case Dtype::int8:
      return calibrated && stored == DType::bf16 ? Precision::bf16 : Precision::int8;
    case Dtype::as_stored:
      break;
  }
  return stored == DType::i8     ? Precision::int8
         : stored == DType::bf16 ? Precision::bf16
                                 : Precision::f32;
}

// NAME.input_scale, where there is one.
Result<std::array<float, kGroups>> read_input_scales(const ModelPackage& package,
                                                     const std::string& name) {
  std::array<float, kGroups> scales = {};
  const TensorView* tensor = package.file.find(name + ".input_scale");
  if (!tensor) return scales;
  TUTTI_ASSIGN(const std::vector<float> values, package.read_f32(tensor->name, tensor->shape));
  const bool good = (values.size() == 1 || values.size() == kGroups) &&
                    std::all_of(values.begin(), values.end(), [](float s) { return s >= 0; });
  if (!good)
    return bad_input("tensor " + tensor->name + " must hold 1 or " + std::to_string(kGroups) +
                     " scales of at least 0; quantize the model again");
  for (int g = 0; g < kGroups; ++g) scales[g] = values[values.size() == 1 ? 0 : g];
  return scales;
}

Result<Weight> read(const ModelPackage& package, const std::string& name, int rows, int cols,
                    Dtype dtype) {
  const TensorView* tensor = package.file.find(name);
  const DType stored = tensor ? tensor->dtype : DType::f32;
  const Precision precision = weight_precision(package, name, dtype);
  Weight weight;
  if (precision == Precision::int8) {
    TUTTI_ASSIGN(weight.input_scales, read_input_scales(package, name));
    const auto& scales = weight.input_scales;
    weight.grouped =
        std::any_of(scales.begin(), scales.end(), [&](float s) { return s != scales[0]; });
  }
  if (stored == DType::i8 && precision == Precision::int8) {
    TUTTI_ASSIGN(const auto matrix, package.read_int8(name, rows, cols));
    TUTTI_ASSIGN(weight.packed, PackedWeights::from_int8(rows, cols, matrix.values, matrix.scales));
    return weight;
  }
  TUTTI_ASSIGN(const std::vector<float> values, package.read_f32(name, {rows, cols}));
  TUTTI_ASSIGN(weight.packed,
               PackedWeights::pack({values.data(), rows, cols, size_t(cols)}, precision));
  return weight;
}

}  // namespace

Precision weight_precision(const ModelPackage& package, const std::string& name, Dtype dtype) {
  const TensorView* tensor = package.file.find(name);
  return precision_for(tensor ? tensor->dtype : DType::f32, dtype,
                       package.file.metadata().contains("tutti.quantization"));
}

Result<Weight> read_weight(const ModelPackage& package, const std::string& name, int rows, int cols,
                           Dtype dtype) {
  Result<Weight> weight = read(package, name, rows, cols, dtype);
  if (!weight) return weight.error().with_context("loading weight " + name);
  return weight;
}

}  // namespace tutti
