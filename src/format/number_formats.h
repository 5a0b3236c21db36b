// The narrow formats of weights: binary16, and INT8 with a scale per row (bfloat16: rounding.h).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/rounding.h"

namespace tutti {

float f32_from_f16(uint16_t bits);  // IEEE 754 binary16

// A matrix as INT8, symmetric in [-127, 127], with one FP32 scale per row: int8_most() / 127, or 0
// for a row of zeros.
struct Int8Rows {
  std::vector<int8_t> values;
  std::vector<float> scales;
};
Int8Rows quantize_rows(std::span<const float> values, size_t rows, size_t cols,
                       Int8Weights weights = Int8Weights::plain);

}  // namespace tutti
