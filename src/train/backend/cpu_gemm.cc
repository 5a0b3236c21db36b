#include "train/backend/cpu_gemm.h"

#include "train/backend/cpu_vector.h"

namespace tutti::kernels {
namespace {

typedef float Lanes __attribute__((vector_size(64), aligned(4)));

template <int Rows, int Vectors, bool Transposed>
inline __attribute__((always_inline)) void block(int k, const float* a, int lda, const float* b,
                                                 int ldb, float* c, int ldc, bool accumulate) {
  Lanes sum[Rows][Vectors] = {};
  for (int p = 0; p < k; ++p) {
    const Lanes* row = reinterpret_cast<const Lanes*>(b + int64_t(p) * ldb);
    for (int r = 0; r < Rows; ++r)
      for (int v = 0; v < Vectors; ++v)
        sum[r][v] += (Transposed ? a[int64_t(p) * lda + r] : a[int64_t(r) * lda + p]) * row[v];
  }
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < Vectors; ++v) {
      Lanes& out = reinterpret_cast<Lanes*>(c + int64_t(r) * ldc)[v];
      out = accumulate ? out + sum[r][v] : sum[r][v];
    }
}

template <int Vectors, bool Transposed>
inline __attribute__((always_inline)) void columns(int m, int k, const float* a, int lda,
                                                   const float* b, int ldb, float* c, int ldc,
                                                   bool accumulate) {
  const int64_t step = Transposed ? 1 : lda;  // from one row of the product to the next
  int i = 0;
  for (; i + 6 <= m; i += 6)
    block<6, Vectors, Transposed>(k, a + i * step, lda, b, ldb, c + int64_t(i) * ldc, ldc,
                                  accumulate);
  for (; i < m; ++i)
    block<1, Vectors, Transposed>(k, a + i * step, lda, b, ldb, c + int64_t(i) * ldc, ldc,
                                  accumulate);
}

template <bool Transposed>
inline __attribute__((always_inline)) void product(int m, int n, int k, const float* a, int lda,
                                                   const float* b, int ldb, float* c, int ldc,
                                                   bool accumulate) {
  int j = 0;
  for (; j + 32 <= n; j += 32)
    columns<2, Transposed>(m, k, a, lda, b + j, ldb, c + j, ldc, accumulate);
  for (; j < n; j += 16) columns<1, Transposed>(m, k, a, lda, b + j, ldb, c + j, ldc, accumulate);
}

}  // namespace

TUTTI_CLONES void small_gemm(int m, int n, int k, const float* a, int lda, const float* b, int ldb,
                             float* c, int ldc, bool accumulate) {
  product<false>(m, n, k, a, lda, b, ldb, c, ldc, accumulate);
}

TUTTI_CLONES void small_gemm_transposed(int m, int n, int k, const float* a, int lda,
                                        const float* b, int ldb, float* c, int ldc,
                                        bool accumulate) {
  product<true>(m, n, k, a, lda, b, ldb, c, ldc, accumulate);
}

}  // namespace tutti::kernels
