#include "runtime/linear/softmax.h"

#include <cmath>

#include "runtime/simd.h"

namespace tutti::kernels {
namespace {

using namespace simd;

using i16 = Lanes<16>::integers;
typedef uint16_t halves16 __attribute__((vector_size(32)));

TUTTI_INLINE i16 bits_of(const v16& v) {
  i16 bits;
  std::memcpy(&bits, &v, sizeof bits);
  return bits;
}

// 2^x to 1e-4, a twentieth of what rounding to bf16 adds, for x <= 0: x = n + r, a polynomial in r
// (least greatest error on [-0.5, 0.5]), and n into the exponent.
TUTTI_INLINE v16 exp2_coarse(v16 x) {
  x = x < -126.0f ? splat(-126.0f) : x;
  const v16 shifted = x + 12582912.0f;  // 1.5 * 2^23: the low bits are n
  const v16 r = x - (shifted - 12582912.0f);
  const v16 p = ((r * 0.05171167f + 0.24261112f) * r + 0.69326099f) * r + 0.99992807f;
  const i16 bits = bits_of(p) + (bits_of(shifted) << 23);
  v16 y;
  std::memcpy(&y, &bits, sizeof y);
  return y;
}

// Sixteen scores from `i` on; keys that do not count are minus infinity.
TUTTI_INLINE v16 scores_at(const SoftmaxRow& row, int i) {
  v16 v = load<v16>(row.scores + i);
  if (row.bias) v += load<v16>(row.bias + i);
  if (i >= row.first && i + 16 <= row.last) return v;
  const i16 key = i16{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} + i;
  v = key >= row.first ? v : splat(-INFINITY);
  return key < row.last ? v : splat(-INFINITY);
}

template <bool kBf16>
TUTTI_INLINE float exponentials_of(const SoftmaxRow& row, uint8_t* out) {
  constexpr float kLog2e = 1.44269504f;
  const int begin = row.first / 16 * 16, end = (row.last + 15) / 16 * 16;
  v16 most = splat(-INFINITY);
  for (int i = begin; i < end; i += 16) {
    const v16 v = scores_at(row, i);
    most = v > most ? v : most;
  }
  float highest = most[0];
  for (int lane = 1; lane < 16; ++lane) highest = most[lane] > highest ? most[lane] : highest;
  const float scaled = highest * kLog2e;

  v16 total = {};
  const auto put = [&](int at, const v16& v) __attribute__((always_inline)) {
    if (kBf16) {  // ties away from zero: one in 65536
      const halves16 high = __builtin_convertvector((bits_of(v) + 0x8000) >> 16 & 0xffff, halves16);
      std::memcpy(out + 2 * at, &high, sizeof high);
    } else {
      store(reinterpret_cast<float*>(out) + at, v);
    }
  };
  for (int i = 0; i < begin; i += 16) put(i, v16{});
  for (int i = begin; i < end; i += 16) {
    const v16 v = scores_at(row, i);
    v16 e = kBf16 ? exp2_coarse(v * kLog2e - scaled) : exp(v - highest);
    e = v > -INFINITY ? e : v16{};
    total += e;
    put(i, e);
  }
  for (int i = end; i < row.padded; i += 16) put(i, v16{});
  return 1.0f / sum(total);
}

TUTTI_KERNEL
float exponentials_bf16(const SoftmaxRow& row, uint8_t* out) {
  return exponentials_of<true>(row, out);
}
TUTTI_KERNEL
float exponentials_f32(const SoftmaxRow& row, uint8_t* out) {
  return exponentials_of<false>(row, out);
}

}  // namespace

float exponentials(Precision precision, const SoftmaxRow& row, uint8_t* out) {
  return (precision == Precision::bf16 ? exponentials_bf16 : exponentials_f32)(row, out);
}

}  // namespace tutti::kernels
