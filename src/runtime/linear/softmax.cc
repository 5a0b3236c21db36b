#include "runtime/linear/softmax.h"

#include <cmath>
#include <type_traits>

#include "runtime/kernels/kernel.h"

namespace tutti::kernels {
namespace {

using namespace simd;

// 2^x to 1e-4, a twentieth of what rounding to bf16 adds, for x <= 0: x = n + r, a polynomial in r
// (least greatest error on [-0.5, 0.5]), and n into the exponent.
template <class V>
TUTTI_INLINE V exp2_coarse(V x) {
  x = x < -126.0f ? splat<V>(-126.0f) : x;
  const V shifted = x + 12582912.0f;  // 1.5 * 2^23: the low bits are n
  const V r = x - (shifted - 12582912.0f);
  const V p = ((r * 0.05517167f + 0.24261112f) * r + 0.69326099f) * r + 0.99992807f;
  return from_bits<V>(bits_of(p) + (bits_of(shifted) << 23));
}

// A vector of scores from `i` on. Where not all of them count (kEdge), the others are minus
// infinity.
template <class V, bool kEdge>
TUTTI_INLINE V scores_at(const SoftmaxRow& row, int i) {
  using I = IntegersOf<V>;
  V v = load<V>(row.scores + i);
  if (row.bias) v += load<V>(row.bias + i);
  if (!kEdge) return v;
  constexpr int32_t kCount[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  I key;
  std::memcpy(&key, kCount, sizeof key);
  key += i;
  // From signs: GCC 12 compares integers lane by lane here.
  const I counts = ~((key - row.first) >> 31) & (key - row.last) >> 31;
  return from_bits<V>((bits_of(v) & counts) | (bits_of(splat<V>(-INFINITY)) & ~counts));
}

// f(edge, i) for all sixteens from `i` on that hold keys which count.
template <class F>
TUTTI_INLINE void each_sixteen(const SoftmaxRow& row, const F& f) {
  constexpr std::true_type kEdge;
  constexpr std::false_type kInside;
  const int end = row.last / 16 * 16;
  int i = row.first / 16 * 16;
  if (i < row.first) f(kEdge, i), i += 16;
  for (; i < end; i += 16) f(kInside, i);
  if (i < row.last) f(kEdge, i);
}

template <class V, bool kBf16>
TUTTI_INLINE void put(uint8_t* out, int at, const V& v) {
  if constexpr (kBf16)
    store_bf16(out + 2 * at, v);
  else
    store(reinterpret_cast<float*>(out) + at, v);
}

template <class V, bool kBf16>
TUTTI_INLINE float exponentials_of(const SoftmaxRow& row, uint8_t* out) {
  constexpr float kLog2e = 1.44269504f;
  constexpr int W = lanes_of<V>, kVectors = 16 / W;
  V most[kVectors], totals[kVectors] = {};
  for (V& v : most) v = splat<V>(-INFINITY);
  each_sixteen(
      row, [&](auto edge, int i) __attribute__((always_inline)) {
        for (int k = 0; k < kVectors; ++k)
          most[k] = larger(scores_at<V, edge.value>(row, i + k * W), most[k]);
      });
  for (int k = 1; k < kVectors; ++k) most[0] = larger(most[0], most[k]);
  const float highest = greatest(most[0]), scaled = highest * kLog2e;

  const auto zeros = [&](int begin, int end) __attribute__((always_inline)) {
    for (int i = begin; i < end; i += W) put<V, kBf16>(out, i, V{});
  };
  zeros(0, row.first / 16 * 16);
  each_sixteen(
      row, [&](auto edge, int i) __attribute__((always_inline)) {
        for (int k = 0; k < kVectors; ++k) {
          const V v = scores_at<V, edge.value>(row, i + k * W);
          V e = kBf16 ? exp2_coarse(v * kLog2e - scaled) : exp(v - highest);
          if (edge.value) e = v > -INFINITY ? e : V{};
          totals[k] += e;
          put<V, kBf16>(out, i + k * W, e);
        }
      });
  zeros((row.last + 15) / 16 * 16, row.padded);
  for (int k = 1; k < kVectors; ++k) totals[0] += totals[k];
  return 1.0f / sum(totals[0]);
}

TUTTI_KERNEL(float, exponentials_bf16, (const SoftmaxRow& row, uint8_t* out), (row, out)) {
  return exponentials_of<V, true>(row, out);
}
TUTTI_KERNEL(float, exponentials_f32, (const SoftmaxRow& row, uint8_t* out), (row, out)) {
  return exponentials_of<V, false>(row, out);
}

}  // namespace

float exponentials(Precision precision, const SoftmaxRow& row, uint8_t* out) {
  return (precision == Precision::bf16 ? exponentials_bf16 : exponentials_f32)(row, out);
}

}  // namespace tutti::kernels
