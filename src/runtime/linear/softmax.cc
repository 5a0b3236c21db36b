#include "runtime/linear/softmax.h"

#include <cmath>
#include <type_traits>

#include "runtime/kernels/simd.h"

namespace tutti::kernels {
namespace {

using namespace simd;

using i16 = Lanes<16>::integers;

// 2^x to 1e-4, a twentieth of what rounding to bf16 adds, for x <= 0: x = n + r, a polynomial in r
// (least greatest error on [-0.5, 0.5]), and n into the exponent.
TUTTI_INLINE v16 exp2_coarse(v16 x) {
  x = x < -126.0f ? splat(-126.0f) : x;
  const v16 shifted = x + 12582912.0f;  // 1.5 * 2^23: the low bits are n
  const v16 r = x - (shifted - 12582912.0f);
  const v16 p = ((r * 0.05517167f + 0.24261112f) * r + 0.69326099f) * r + 0.99992807f;
  const i16 bits = bits_of(p) + (bits_of(shifted) << 23);
  v16 y;
  std::memcpy(&y, &bits, sizeof y);
  return y;
}

// Sixteen scores from `i` on. Where not all of them count (kEdge), the others are minus infinity.
template <bool kEdge>
TUTTI_INLINE v16 scores_at(const SoftmaxRow& row, int i) {
  v16 v = load<v16>(row.scores + i);
  if (row.bias) v += load<v16>(row.bias + i);
  if (!kEdge) return v;
  const i16 key = i16{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} + i;
  // From signs: GCC 12 compares integers lane by lane here.
  const i16 counts = ~((key - row.first) >> 31) & (key - row.last) >> 31;
  return from_bits<v16>((bits_of(v) & counts) | (bits_of(splat(-INFINITY)) & ~counts));
}

// f<kEdge>(i) for all vectors that hold keys which count.
template <class F>
TUTTI_INLINE void each_vector(const SoftmaxRow& row, const F& f) {
  constexpr std::true_type kEdge;
  constexpr std::false_type kInside;
  const int end = row.last / 16 * 16;
  int i = row.first / 16 * 16;
  if (i < row.first) f(kEdge, i), i += 16;
  for (; i < end; i += 16) f(kInside, i);
  if (i < row.last) f(kEdge, i);
}

template <bool kBf16>
TUTTI_INLINE float exponentials_of(const SoftmaxRow& row, uint8_t* out) {
  constexpr float kLog2e = 1.44269504f;
  v16 most = splat(-INFINITY);
  each_vector(
      row, [&](auto edge, int i) __attribute__((always_inline)) {
        const v16 v = scores_at<edge.value>(row, i);
        most = v > most ? v : most;
      });
  const float highest = greatest(most), scaled = highest * kLog2e;

  v16 total = {};
  const auto put = [&](int at, const v16& v) __attribute__((always_inline)) {
    if (kBf16)
      store_bf16(out + 2 * at, v);
    else
      store(reinterpret_cast<float*>(out) + at, v);
  };
  for (int i = 0; i < row.first / 16 * 16; i += 16) put(i, v16{});
  each_vector(
      row, [&](auto edge, int i) __attribute__((always_inline)) {
        const v16 v = scores_at<edge.value>(row, i);
        v16 e = kBf16 ? exp2_coarse(v * kLog2e - scaled) : exp(v - highest);
        if (edge.value) e = v > -INFINITY ? e : v16{};
        total += e;
        put(i, e);
      });
  for (int i = (row.last + 15) / 16 * 16; i < row.padded; i += 16) put(i, v16{});
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
