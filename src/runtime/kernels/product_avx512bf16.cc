// bf16 on AVX-512: pairs are multiplied and added to FP32 sums by one instruction, which flushes
// denormals to zero.
#include <immintrin.h>

#include "runtime/kernels/tile.h"
#include "runtime/kernels/x86.h"

namespace tutti {
namespace {

struct Bf16 {
  static constexpr int kColumns = 2;
  static constexpr int kLanes = 16, kRows = 6, kPanels = 4;
  static constexpr bool kScaled = false, kOffset = false;
  using Sum = __m512;
  using Input = __m512i;
  TUTTI_INLINE Input input(const uint8_t* x) {
    int32_t bytes;
    std::memcpy(&bytes, x, sizeof bytes);
    return _mm512_set1_epi32(bytes);
  }
  TUTTI_INLINE void add(Sum& sum, const uint8_t* w, Input x) {
    sum = _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)_mm512_load_si512(w));
  }
};

}  // namespace

void multiply_avx512bf16(const Product& p) {
  multiply<Bf16>(p);
}

int64_t ceiling_avx512bf16(int64_t rounds) {
  return ceiling<Bf16>(rounds);
}

}  // namespace tutti
