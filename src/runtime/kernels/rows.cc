// Kernels that move rows: gathers, convolution patches, and sums of a few rows.
#include "runtime/kernels/rows.h"

#include <algorithm>

#include "runtime/kernels/kernel.h"

namespace tutti::kernels {

void copy_rows(ConstMatrix x, Matrix y, int begin, int end) {
  for (int r = begin; r < end; ++r) std::copy_n(x.row(r), x.cols, y.row(r));
}

void gather_rows(ConstMatrix x, RowIndex index, Matrix y, int begin, int end) {
  for (int r = begin; r < end; ++r) {
    if (index[r] < 0)
      std::fill_n(y.row(r), x.cols, 0.0f);
    else
      std::copy_n(x.row(index[r]), x.cols, y.row(r));
  }
}

TUTTI_KERNEL(void, depthwise,
             (ConstMatrix x, ConstMatrix taps, RowIndex index, Matrix y, int begin, int end),
             (x, taps, index, y, begin, end)) {
  const int count = taps.rows;
  for (int r = begin; r < end; ++r) {
    float* out = y.row(r);
    std::fill_n(out, x.cols, 0.0f);
    for (int tap = 0; tap < count; ++tap) {
      const int32_t source = index[size_t(r) * count + tap];
      if (source < 0) continue;
      const float *in = x.row(source), *weight = taps.row(tap);
      for (int c = 0; c < x.cols; ++c) out[c] += weight[c] * in[c];
    }
  }
}

void segment_mean(ConstMatrix x, RowIndex index, RowIndex bounds, Matrix y, int begin, int end) {
  for (int s = begin; s < end; ++s) {
    float* out = y.row(s);
    std::fill_n(out, x.cols, 0.0f);
    for (int32_t i = bounds[s]; i < bounds[s + 1]; ++i) {
      const float* in = x.row(index[i]);
      for (int c = 0; c < x.cols; ++c) out[c] += in[c];
    }
    const float scale = 1.0f / float(std::max(1, bounds[s + 1] - bounds[s]));
    for (int c = 0; c < x.cols; ++c) out[c] *= scale;
  }
}

void conv_patches(ConstMatrix x, Grid grid, int kernel, int stride, int begin, int end,
                  float* out) {
  const int padding = (kernel - 1) / 2;
  const int width = (grid.width + 2 * padding - kernel) / stride + 1;
  const int height = (grid.height + 2 * padding - kernel) / stride + 1;
  for (int pixel = begin; pixel < end; ++pixel) {
    const int image = pixel / (width * height), place = pixel % (width * height);
    const int top = place / width * stride - padding, left = place % width * stride - padding;
    for (int ky = 0; ky < kernel; ++ky)
      for (int kx = 0; kx < kernel; ++kx, out += x.cols) {
        const int sy = top + ky, sx = left + kx;
        if (sy < 0 || sy >= grid.height || sx < 0 || sx >= grid.width)
          std::fill_n(out, x.cols, 0.0f);
        else
          std::copy_n(x.row((image * grid.height + sy) * grid.width + sx), x.cols, out);
      }
  }
}

}  // namespace tutti::kernels
