// A small FP32 matrix product for matrices that fit in L2. Register blocks of 6 x 32: 12
// accumulators of 16 lanes, two loads and six broadcasts for 12 multiply-adds.
#pragma once

namespace tutti::kernels {

// c_MN (+)= a_MK b_KN; row-major with leading dimensions lda, ldb, ldc. N is padded by the caller
// to a multiple of 16 (the padding is computed and ignored).
void small_gemm(int m, int n, int k, const float* a, int lda, const float* b, int ldb, float* c,
                int ldc, bool accumulate);
// The same with a_KM: c_MN (+)= a_KM^T b_KN.
void small_gemm_transposed(int m, int n, int k, const float* a, int lda, const float* b, int ldb,
                           float* c, int ldc, bool accumulate);

}  // namespace tutti::kernels
