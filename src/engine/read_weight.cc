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
      return calibrated && stored == DType::bf16 ? half_precision() : Precision::int8;
    case Dtype::as_stored:
      break;
  }
  return stored == DType::i8     ? Precision::int8
         : stored == DType::bf16 ? half_precision()
                                 : Precision::f32;
}

// NAME.input_scale, where there is one.
Status read_input_scales(const ModelPackage& package, const std::string& name, Weight& weight) {
  const TensorView* tensor = package.file.find(name + ".input_scale");
  if (!tensor) return {};
  TUTTI_ASSIGN(const std::vector<float> values, package.read_f32(tensor->name, tensor->shape));
  const bool good = !values.empty() && values.size() <= kMostGroups &&
                    std::all_of(values.begin(), values.end(), [](float s) { return s >= 0; });
  if (!good)
    return bad_input("tensor " + tensor->name +
                     " must hold a scale of at least 0 for each modality group, or one for all; "
                     "quantize the model again");
  std::copy(values.begin(), values.end(), weight.input_scales.begin());
  if (std::any_of(values.begin(), values.end(), [&](float s) { return s != values[0]; }))
    weight.groups = int(values.size());
  return {};
}

Result<Weight> read(const ModelPackage& package, const std::string& name, int rows, int cols,
                    Dtype dtype) {
  const TensorView* tensor = package.file.find(name);
  const DType stored = tensor ? tensor->dtype : DType::f32;
  const Precision precision = weight_precision(package, name, dtype);
  Weight weight;
  if (precision == Precision::int8) {
    TUTTI_CHECK(read_input_scales(package, name, weight));
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
