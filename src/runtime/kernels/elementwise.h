// One function an op: single-threaded, no allocation, no checks (CpuOps has made them).
// Most take the rows [begin, end) that this thread works on; `y` has its shape already.
//
// Every output is computed in an order that depends on neither the number of threads, nor the other
// rows, nor the tile it falls into: results are the same bits in any batch, with any thread count.
// They differ in the last bits between instruction sets.
#pragma once

#include <span>

#include "model/ops.h"
#include "runtime/memory/tensor.h"

namespace tutti::kernels {

// y_MN = x_MK w_NK^T for all of x, w and y.
void gemm(ConstMatrix x, ConstMatrix w, Matrix y);

void rms_norm(ConstMatrix x, ConstMatrix gain, std::span<const int32_t> bounds, Matrix y, int begin,
              int end);
void normalize_rows(ConstMatrix x, Matrix y, int begin, int end);
void add(ConstMatrix x, ConstMatrix z, Matrix y, int begin, int end);
void add_scaled(ConstMatrix x, ConstMatrix z, ConstMatrix scale, Matrix y, int begin, int end);
void modulate(ConstMatrix x, ConstMatrix modulation, RowIndex index, int first, Matrix y, int begin,
              int end);
void scale_rows(ConstMatrix x, ConstMatrix scale, Matrix y, int begin, int end);
void gate(ConstMatrix x, Matrix y, int begin, int end);
void sigmoid(ConstMatrix x, Matrix y, int begin, int end);
void relu2(ConstMatrix x, Matrix y, int begin, int end);
void silu(ConstMatrix x, Matrix y, int begin, int end);
void norm_silu(ConstMatrix x, ConstMatrix gain, Matrix y, int begin, int end);
// max |x| of each row; a NaN is passed over.
void row_peaks(ConstMatrix x, float* peaks, int begin, int end);
void route(ConstMatrix x, ConstMatrix route, ConstMatrix bias, std::span<const int32_t> bounds,
           Matrix y, int begin, int end);
void softcap(ConstMatrix x, float cap, Matrix y, int begin, int end);

void copy_rows(ConstMatrix x, Matrix y, int begin, int end);
void gather_rows(ConstMatrix x, RowIndex index, Matrix y, int begin, int end);
void depthwise(ConstMatrix x, ConstMatrix taps, RowIndex index, Matrix y, int begin, int end);
void segment_mean(ConstMatrix x, RowIndex index, RowIndex bounds, Matrix y, int begin, int end);

// The patches under output pixels [begin, end), one a row: (ky, kx, channel) order, zeros outside.
void conv_patches(ConstMatrix x, Grid grid, int kernel, int stride, int begin, int end, float* out);

// cos and sin of the 32 rotary angles at a position.
void rope_table(const Position& position, float* cosines, float* sines);

// One head's 64 channels: RMS norm, gain, rotation, times `scale`.
void rotate_head(const float* x, const float* gain, const float* cosines, const float* sines,
                 float scale, float* y);

}  // namespace tutti::kernels
