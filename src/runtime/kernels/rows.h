// What moves rows: gathers, convolution patches, and sums of a few rows. As in elementwise.h.
#pragma once

#include "model/ops.h"
#include "runtime/memory/tensor.h"

namespace tutti::kernels {

void copy_rows(ConstMatrix x, Matrix y, int begin, int end);
void gather_rows(ConstMatrix x, RowIndex index, Matrix y, int begin, int end);
void depthwise(ConstMatrix x, ConstMatrix taps, RowIndex index, Matrix y, int begin, int end);
void segment_mean(ConstMatrix x, RowIndex index, RowIndex bounds, Matrix y, int begin, int end);

// The patches under output pixels [begin, end), one a row: (ky, kx, channel) order, zeros outside.
void conv_patches(ConstMatrix x, Grid grid, int kernel, int stride, int begin, int end, float* out);

}  // namespace tutti::kernels
