// AVX-512 with VNNI: one instruction multiplies and adds 64 bytes. bf16 has its own where the
// processor knows it (product_avx512bf16.cc), else products in FP32. 6 rows x 4 panels: 24 sums
// hide the latency of 4, and the 4 vectors of weights and one input fit the other registers.
#include <immintrin.h>

#include "runtime/kernels/tile.h"
#include "runtime/kernels/x86.h"

namespace tutti {
namespace {

struct Wide {
  static constexpr int kLanes = 16, kRows = 6, kPanels = 4;
};

struct Int8 : Wide {
  static constexpr int kColumns = 4;
  static constexpr bool kScaled = true, kOffset = true;
  using Sum = Lanes<16>::integers;  // GCC 12 keeps an array of __m512i in memory
  using Input = __m512i;
  TUTTI_INLINE Input input(const uint8_t* x) {
    int32_t bytes;
    std::memcpy(&bytes, x, sizeof bytes);
    return _mm512_set1_epi32(bytes);
  }
  TUTTI_INLINE void add(Sum& sum, const uint8_t* w, Input x) {
    sum = (Sum)_mm512_dpbusd_epi32((__m512i)sum, x, _mm512_load_si512(w));
  }
};

struct F32 : Wide {
  static constexpr int kColumns = 1;
  static constexpr bool kScaled = false, kOffset = false;
  using Sum = __m512;
  using Input = __m512;
  TUTTI_INLINE Input input(const uint8_t* x) {
    float value;
    std::memcpy(&value, x, sizeof value);
    return _mm512_set1_ps(value);
  }
  TUTTI_INLINE void add(Sum& sum, const uint8_t* w, Input x) {
    sum = _mm512_fmadd_ps(_mm512_load_ps(w), x, sum);
  }
};

// The upper half of 4 bytes is the second bf16 as a float, once the lower is cleared.
struct Bf16 : Wide {
  static constexpr int kColumns = 2;
  static constexpr bool kScaled = false, kOffset = false;
  static constexpr int kPanels = 2;
  using Sum = __m512;
  using Input = __m512i;
  TUTTI_INLINE Input input(const uint8_t* x) { return Int8::input(x); }
  TUTTI_INLINE __m512 low(__m512i pair) { return (__m512)((Lanes<16>::integers)pair << 16); }
  TUTTI_INLINE __m512 high(__m512i pair) {
    return (__m512)((Lanes<16>::integers)pair & int32_t(0xffff0000));
  }
  TUTTI_INLINE void add(Sum& sum, const uint8_t* w, Input x) {
    const __m512i pair = _mm512_load_si512(w);
    sum = _mm512_fmadd_ps(low(pair), low(x), sum);
    sum = _mm512_fmadd_ps(high(pair), high(x), sum);
  }
};

}  // namespace

const KernelTable* avx512vnni_kernels() {
  if (!has_avx512vnni()) return nullptr;
  static constexpr KernelTable with_bf16 = {"avx512vnni",
                                            16,
                                            true,
                                            {multiply<F32>, multiply_avx512bf16, multiply<Int8>},
                                            {ceiling<F32>, ceiling_avx512bf16, ceiling<Int8>}};
  static constexpr KernelTable without = {"avx512vnni",
                                          16,
                                          false,
                                          {multiply<F32>, multiply<Bf16>, multiply<Int8>},
                                          {ceiling<F32>, ceiling<Bf16>, ceiling<Int8>}};
  return has_avx512bf16() ? &with_bf16 : &without;
}

}  // namespace tutti
