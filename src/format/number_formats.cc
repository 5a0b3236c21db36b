#include "format/number_formats.h"

#include <bit>
#include <cmath>

namespace tutti {

Int8Rows quantize_rows(std::span<const float> values, size_t rows, size_t cols,
                       Int8Weights weights) {
  Int8Rows out;
  out.values.resize(rows * cols);
  out.scales.resize(rows);
  for (size_t r = 0; r < rows; ++r) {
    const float* row = values.data() + r * cols;
    const Int8Scale scale = int8_scale(int8_most(row, cols, weights));
    out.scales[r] = scale.scale;
    for (size_t c = 0; c < cols; ++c) out.values[r * cols + c] = to_int8(row[c], scale.inverse);
  }
  return out;
}

float f32_from_f16(uint16_t bits) {
  const uint32_t sign = uint32_t(bits & 0x8000) << 16;
  const uint32_t exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (exponent == 0) {  // zero and subnormals: fraction * 2^-24
    return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(float(fraction) * 0x1p-24f));
  }
  const uint32_t wide = exponent == 31 ? 255 : exponent + 112;  // bias 15 -> 127
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

}  // namespace tutti
