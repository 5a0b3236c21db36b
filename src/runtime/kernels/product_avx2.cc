// AVX2. Its one product of bytes takes unsigned by signed ones, adds neighbours, and saturates at
// 16 bits. Weights that are paired() go through it as they are, inputs with the 128 that was added
// to them: 255 * 128 = 32640 fits. Others, in [-127, 127], go through |x| * (w with x's sign), at
// most 2 * 127 * 127 = 32258, which takes half as long again.
#include <immintrin.h>

#include "runtime/kernels/tile.h"
#include "runtime/kernels/x86.h"

namespace tutti {
namespace {

struct Int8Paired {
  static constexpr int kColumns = 4;
  static constexpr int kLanes = 8, kRows = 3, kPanels = 2;
  static constexpr bool kScaled = true, kOffset = true;
  using Sum = Lanes<8>::integers;
  using Input = __m256i;
  TUTTI_INLINE Input input(const uint8_t* x) {
    int32_t bytes;
    std::memcpy(&bytes, x, sizeof bytes);
    return _mm256_set1_epi32(bytes);
  }
  TUTTI_INLINE void add(Sum& sum, const uint8_t* w, Input x) {
    const __m256i pairs = _mm256_maddubs_epi16(x, _mm256_load_si256((const __m256i*)w));
    const __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
    sum = (Sum)_mm256_add_epi32((__m256i)sum, fours);  // modulo 2^32, as in product_scalar.cc
  }
};

struct Int8 {
  static constexpr int kColumns = 4;
  static constexpr int kLanes = 8, kRows = 2, kPanels = 2;
  static constexpr bool kScaled = true, kOffset = false;
  using Sum = Lanes<8>::integers;
  struct Input {
    __m256i x, magnitude;
  };
  TUTTI_INLINE Input input(const uint8_t* x) {
    int32_t bytes;
    std::memcpy(&bytes, x, sizeof bytes);
    const __m256i v = _mm256_xor_si256(_mm256_set1_epi32(bytes), _mm256_set1_epi8(-128));
    return {v, _mm256_abs_epi8(v)};
  }
  TUTTI_INLINE void add(Sum& sum, const uint8_t* w, Input x) {
    const __m256i signed_w = _mm256_sign_epi8(_mm256_load_si256((const __m256i*)w), x.x);
    const __m256i pairs = _mm256_maddubs_epi16(x.magnitude, signed_w);
    sum += (Sum)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
  }
};

struct F32 {
  static constexpr int kColumns = 1;
  static constexpr int kLanes = 8, kRows = 3, kPanels = 2;
  static constexpr bool kScaled = false, kOffset = false;
  using Sum = __m256;
  using Input = __m256;
  TUTTI_INLINE Input input(const uint8_t* x) {
    float value;
    std::memcpy(&value, x, sizeof value);
    return _mm256_set1_ps(value);
  }
  TUTTI_INLINE void add(Sum& sum, const uint8_t* w, Input x) {
    sum = _mm256_fmadd_ps(_mm256_load_ps((const float*)w), x, sum);
  }
};

// A bf16 is the upper half of a float.
struct Bf16 {
  static constexpr int kColumns = 2;
  static constexpr int kLanes = 8, kRows = 3, kPanels = 2;
  static constexpr bool kScaled = false, kOffset = false;
  using Sum = __m256;
  struct Input {
    __m256 low, high;
  };
  TUTTI_INLINE __m256 low(__m256i pair) { return _mm256_castsi256_ps(_mm256_slli_epi32(pair, 16)); }
  TUTTI_INLINE __m256 high(__m256i pair) {
    return _mm256_castsi256_ps(_mm256_and_si256(pair, _mm256_set1_epi32(int(0xffff0000))));
  }
  TUTTI_INLINE Input input(const uint8_t* x) {
    int32_t bytes;
    std::memcpy(&bytes, x, sizeof bytes);
    const __m256i pair = _mm256_set1_epi32(bytes);
    return {low(pair), high(pair)};
  }
  TUTTI_INLINE void add(Sum& sum, const uint8_t* w, Input x) {
    const __m256i pair = _mm256_load_si256((const __m256i*)w);
    sum = _mm256_fmadd_ps(low(pair), x.low, sum);
    sum = _mm256_fmadd_ps(high(pair), x.high, sum);
  }
};

void multiply_int8(const Product& p) {
  p.paired ? multiply<Int8Paired>(p) : multiply<Int8>(p);
}

}  // namespace

const KernelTable* avx2_kernels() {
  static constexpr KernelTable table = {"avx2",
                                        8,
                                        false,
                                        {multiply<F32>, multiply<Bf16>, multiply_int8},
                                        {ceiling<F32>, ceiling<Bf16>, ceiling<Int8Paired>}};
  return has_avx2() ? &table : nullptr;
}

}  // namespace tutti
