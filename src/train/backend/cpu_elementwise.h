// Element-wise training kernels: one pass over memory each, on all threads. libtorch runs the same
// as three to six passes with converted copies between them, and most of them on one core.
// Conventions as in cpu_kernels.h.
#pragma once

#include "train/backend/cpu_kernels.h"

namespace tutti::kernels {

// y = x * sigmoid(x)
void silu(const bf16* x, bf16* y, int64_t count);
void silu_backward(const bf16* x, const bf16* dy, bf16* dx, int64_t count);

// Residual stream (FP32) plus a block's branch.
void add(const float* x, const bf16* y, float* z, int64_t count);
void narrow(const float* x, bf16* y, int64_t count);
// z = x + y * scale, per channel; dscale is added to.
void add_scaled(const float* x, const float* y, const float* scale, int rows, int width, float* z);
void add_scaled_backward(const float* dz, const float* y, const float* scale, int rows, int width,
                         float* dy, float* dscale);

// Row r >= first is multiplied by 1 + values[index[r - first]]; earlier rows stay.
struct Modulation {
  const bf16* values;
  int64_t stride;  // from one level to the next
  const int32_t* index;
  int first;

  const bf16* row(int64_t r) const { return values + index[r - first] * stride; }
};
void modulate(const bf16* x, const Modulation& m, int rows, int width, bf16* y);
// dmodulation: levels x width, contiguous.
void modulate_backward(const bf16* x, const bf16* dy, const Modulation& m, int rows, int width,
                       int levels, bf16* dx, bf16* dmodulation);

// y_r = x_r * scale_r
void scale_rows(const bf16* x, const float* scale, int rows, int width, bf16* y);
void scale_rows_backward(const bf16* x, const float* scale, const bf16* dy, int rows, int width,
                         bf16* dx, float* dscale);

// y_r = x_r / |x_r|
void normalize_rows(const float* x, int rows, int width, bf16* y);
void normalize_rows_backward(const float* x, const bf16* dy, int rows, int width, float* dx);

// y = what INT8 keeps of x: symmetric, 127 steps either side, one scale a row.
template <class In>
void fake_quantize_rows(const In* x, int rows, int width, bf16* y);

}  // namespace tutti::kernels
