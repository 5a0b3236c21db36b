// Norms and functions of single values.
// Single-threaded, no allocation, no checks (CpuOps has made them). Most take the rows [begin, end)
// that this thread works on; `y` has its shape already.
//
// Every output is computed in an order that depends on neither the number of threads, nor the other
// rows, nor the tile it falls into: results are the same bits in any batch, with any thread count.
// They differ in the last bits between instruction sets.
#pragma once

#include <span>

#include "model/ops.h"
#include "runtime/memory/tensor.h"

namespace tutti::kernels {

void rms_norm(ConstMatrix x, ConstMatrix gain, std::span<const int32_t> bounds, float eps, Matrix y,
              int begin, int end);
void layer_norm(ConstMatrix x, ConstMatrix gain, ConstMatrix shift, std::span<const int32_t> bounds,
                float eps, Matrix y, int begin, int end);
void normalize_rows(ConstMatrix x, Matrix y, int begin, int end);
void add(ConstMatrix x, ConstMatrix z, Matrix y, int begin, int end);
void multiply(ConstMatrix x, ConstMatrix z, Matrix y, int begin, int end);
void add_row(ConstMatrix row, Matrix y, int begin, int end);  // to each row of y
void add_scaled(ConstMatrix x, ConstMatrix z, ConstMatrix scale, Matrix y, int begin, int end);
void modulate(ConstMatrix x, ConstMatrix modulation, RowIndex index, int first, Matrix y, int begin,
              int end);
void scale_rows(ConstMatrix x, ConstMatrix scale, Matrix y, int begin, int end);
void gate(ConstMatrix x, Matrix y, int begin, int end);
void sigmoid(ConstMatrix x, Matrix y, int begin, int end);
void relu2(ConstMatrix x, Matrix y, int begin, int end);
void silu(ConstMatrix x, Matrix y, int begin, int end);
void gelu(ConstMatrix x, Matrix y, int begin, int end);  // the tanh form
void norm_silu(ConstMatrix x, ConstMatrix gain, Matrix y, int begin, int end);
// max |x| of each row; a NaN is passed over.
void row_peaks(ConstMatrix x, float* peaks, int begin, int end);
void route(ConstMatrix x, ConstMatrix route, ConstMatrix bias, std::span<const int32_t> bounds,
           Matrix y, int begin, int end);
void softcap(ConstMatrix x, float cap, Matrix y, int begin, int end);

}  // namespace tutti::kernels
