// A matrix of a model file, packed for the kernels in the precision that was asked for.
#pragma once

#include "engine/engine.h"
#include "format/package/model_package.h"
#include "runtime/memory/weights.h"

namespace tutti {

// What the matrix would be packed in.
Precision weight_precision(const ModelPackage& package, const std::string& name,
                           EngineOptions::Dtype dtype);

// INT8 matrices that stay INT8 are packed straight from the mapped file. bad_input names the tensor
// that is missing or wrong.
Result<Weight> read_weight(const ModelPackage& package, const std::string& name, int rows, int cols,
                           EngineOptions::Dtype dtype);

}  // namespace tutti
