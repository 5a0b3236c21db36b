// INT8 by dot products of 32 bytes. Two encodings of one instruction: AVX-VNNI's, and AVX-512VL's,
// which runs the same code in tests on machines that have only that.
#pragma once

#include <immintrin.h>

#include "runtime/kernels/tile.h"

namespace tutti {
namespace {

struct Int8 {
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
    sum = (Sum)TUTTI_DPBUSD_256((__m256i)sum, x, _mm256_load_si256((const __m256i*)w));
  }
};

}  // namespace
}  // namespace tutti
