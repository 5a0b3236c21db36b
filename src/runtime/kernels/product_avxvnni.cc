// AVX-VNNI: INT8 dot products where there is no AVX-512. FP32 and bf16 are AVX2's.
#define TUTTI_DPBUSD_256 _mm256_dpbusd_avx_epi32
#include "runtime/kernels/int8_ymm.h"
#include "runtime/kernels/x86.h"

namespace tutti {

const KernelTable* avxvnni_kernels() {
  if (!has_avxvnni()) return nullptr;
  static const KernelTable table = {
      "avxvnni",
      8,
      false,
      {avx2_kernels()->product[0], avx2_kernels()->product[1], multiply<Int8>},
      {avx2_kernels()->ceiling[0], avx2_kernels()->ceiling[1], ceiling<Int8>}};
  return &table;
}

}  // namespace tutti
