// The product of matrices that are not packed: weights of fewer rows than a panel, and FP32 patches
// of convolutions. All others are in linear/.
//
// Both operands have the summed dimension contiguous, so a tile of M x 4 outputs is M x 4 vector
// accumulators over it and needs no packing; they are summed across lanes at the end.
#include "runtime/kernels/gemm.h"

#include <algorithm>

#include "runtime/kernels/kernel.h"

namespace tutti::kernels {
namespace {

using namespace simd;

constexpr int kColumns = 4;  // outputs a tile: one v4 of sums a row

// x: M rows; w: four row pointers; y: M x `columns`.
template <int W, int M>
TUTTI_INLINE void tile(const float* x, size_t x_stride, const float* const* w, int k, float* y,
                       size_t y_stride, int columns) {
  using V = typename Lanes<W>::vector;
  V sums[M][kColumns] = {};
  int i = 0;
  for (; i + W <= k; i += W) {
    const V b[kColumns] = {load<V>(w[0] + i), load<V>(w[1] + i), load<V>(w[2] + i),
                           load<V>(w[3] + i)};
    for (int m = 0; m < M; ++m) {
      const V a = load<V>(x + m * x_stride + i);
      for (int n = 0; n < kColumns; ++n) sums[m][n] += a * b[n];
    }
  }
  if (i < k)
    for (int n = 0; n < kColumns; ++n) {
      const V b = load_some<V>(w[n] + i, k - i);
      for (int m = 0; m < M; ++m) sums[m][n] += load_some<V>(x + m * x_stride + i, k - i) * b;
    }
  for (int m = 0; m < M; ++m) {
    const v4 out = sum4(fold(sums[m][0]), fold(sums[m][1]), fold(sums[m][2]), fold(sums[m][3]));
    if (columns == kColumns)
      store(y + m * y_stride, out);
    else
      store_some(y + m * y_stride, out, columns);
  }
}

// MR: rows of x a full tile holds; limited by registers.
template <int W, int MR>
TUTTI_INLINE void product(const ConstMatrix& x, const ConstMatrix& w, const Matrix& y) {
  static_assert(MR == 2 || MR == 4);
  for (int n = 0; n < w.rows; n += kColumns) {
    const int columns = std::min(kColumns, w.rows - n);
    const float* rows[kColumns];
    for (int j = 0; j < kColumns; ++j) rows[j] = w.row(n + std::min(j, columns - 1));
    int m = 0;
    for (; m + MR <= x.rows; m += MR)
      tile<W, MR>(x.row(m), x.stride, rows, x.cols, y.row(m) + n, y.stride, columns);
    for (; m < x.rows; ++m)
      tile<W, 1>(x.row(m), x.stride, rows, x.cols, y.row(m) + n, y.stride, columns);
  }
}

TUTTI_KERNEL(void, gemm_by_lanes, (const ConstMatrix& x, const ConstMatrix& w, const Matrix& y),
             (x, w, y)) {
#if defined(__aarch64__)
  constexpr int kRows = 4;
#else
  constexpr int kRows = lanes_of<V> == 16 ? 4 : 2;
#endif
  product<lanes_of<V>, kRows>(x, w, y);
}

}  // namespace

void gemm(ConstMatrix x, ConstMatrix w, Matrix y) {
  gemm_by_lanes(x, w, y);
}

}  // namespace tutti::kernels
