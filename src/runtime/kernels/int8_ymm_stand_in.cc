// For linear_test alone; see int8_ymm.h.
#define TUTTI_DPBUSD_256 _mm256_dpbusd_epi32
#include "runtime/kernels/int8_ymm.h"

namespace tutti {

const KernelTable* avxvnni_stand_in();
const KernelTable* avxvnni_stand_in() {
  static constexpr KernelTable table = {"avxvnni, by AVX-512VL",
                                        8,
                                        false,
                                        {nullptr, nullptr, multiply<Int8>},
                                        {nullptr, nullptr, ceiling<Int8>}};
  return &table;
}

}  // namespace tutti
