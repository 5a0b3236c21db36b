// Vectors of floats in plain C++ (GCC vector extensions), of as many lanes as a register has: GCC
// 12 takes wider ones apart lane by lane wherever they are compared or converted. Included by
// kernel files alone.
#pragma once

#include <cstdint>
#include <cstring>

#define TUTTI_INLINE static inline __attribute__((always_inline))

namespace tutti::simd {

template <int W>
struct Lanes {
  typedef float vector __attribute__((vector_size(W * 4)));
  typedef int32_t integers __attribute__((vector_size(W * 4)));
  typedef uint16_t halves __attribute__((vector_size(W * 2)));
  typedef uint8_t bytes __attribute__((vector_size(W)));
};
using v4 = Lanes<4>::vector;
using v8 = Lanes<8>::vector;
using v16 = Lanes<16>::vector;
template <class V>
inline constexpr int lanes_of = int(sizeof(V) / sizeof(float));

template <class V>
TUTTI_INLINE V load(const float* p) {
  V v;
  std::memcpy(&v, p, sizeof(V));
  return v;
}
// The first `count` floats, then zeros.
template <class V>
TUTTI_INLINE V load_some(const float* p, int count) {
  V v = {};
  std::memcpy(&v, p, size_t(count) * sizeof(float));
  return v;
}
template <class V>
TUTTI_INLINE void store(float* p, const V& v) {
  std::memcpy(p, &v, sizeof(V));
}
template <class V>
TUTTI_INLINE void store_some(float* p, const V& v, int count) {
  std::memcpy(p, &v, size_t(count) * sizeof(float));
}

// Sums of lanes that are equal modulo 4.
TUTTI_INLINE v4 fold(const v4& v) {
  return v;
}
TUTTI_INLINE v4 fold(const v8& v) {
  return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
}
TUTTI_INLINE v4 fold(const v16& v) {
  const v8 half = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                  __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  return fold(half);
}

// The four sums of four vectors. All sums in the runtime add up in this one order.
TUTTI_INLINE v4 sum4(const v4& a, const v4& b, const v4& c, const v4& d) {
  const v4 ab =
      __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
  const v4 cd =
      __builtin_shufflevector(c, d, 0, 1, 4, 5) + __builtin_shufflevector(c, d, 2, 3, 6, 7);
  return __builtin_shufflevector(ab, cd, 0, 2, 4, 6) + __builtin_shufflevector(ab, cd, 1, 3, 5, 7);
}
template <class V>
TUTTI_INLINE float sum(const V& v) {
  const v4 f = fold(v);
  return (f[0] + f[2]) + (f[1] + f[3]);
}

template <class V>
TUTTI_INLINE V splat(float x) {
  return V{} + x;
}

template <class V>
using IntegersOf = typename Lanes<sizeof(V) / 4>::integers;
template <class V>
TUTTI_INLINE IntegersOf<V> bits_of(const V& v) {
  IntegersOf<V> bits;
  std::memcpy(&bits, &v, sizeof bits);
  return bits;
}
template <class V>
TUTTI_INLINE V from_bits(const IntegersOf<V>& bits) {
  V v;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}
template <class V>
TUTTI_INLINE V magnitude(const V& v) {
  return from_bits<V>(bits_of(v) & 0x7fffffff);
}
// The smaller of a value that is not negative and a positive constant; as integers they compare the
// same, in one instruction. A NaN is the larger.
template <class V>
TUTTI_INLINE V smaller(const V& v, float most) {
  const IntegersOf<V> a = bits_of(v), b = bits_of(splat<V>(most));
  return from_bits<V>(a < b ? a : b);
}

// To bf16, ties away from zero: for finite values, of which one in 65536 is a tie.
template <class V>
TUTTI_INLINE void store_bf16(uint8_t* y, const V& v) {
  const IntegersOf<V> bits = bits_of(v) + 0x8000;
  if constexpr (sizeof v == 64) {
    typedef uint16_t halves32 __attribute__((vector_size(64)));
    halves32 halves;
    std::memcpy(&halves, &bits, sizeof halves);
    const auto high = __builtin_shufflevector(halves, halves, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21,
                                              23, 25, 27, 29, 31);
    std::memcpy(y, &high, sizeof high);
  } else {
    // Without the mask GCC 12 converts lane by lane.
    const auto high =
        __builtin_convertvector(bits >> 16 & 0xffff, typename Lanes<lanes_of<V>>::halves);
    std::memcpy(y, &high, sizeof high);
  }
}

// The low byte of each lane.
template <class I>
TUTTI_INLINE auto low_bytes(const I& v) {
  using To = Lanes<lanes_of<I>>;
  const I low = v & 255;  // without the mask lane by lane
  if constexpr (sizeof v == 64) {
    return __builtin_convertvector(low, typename To::bytes);
  } else {  // each step is one instruction; both at once would go lane by lane
    const typename To::halves half = __builtin_convertvector(low, typename To::halves);
    return __builtin_convertvector(half, typename To::bytes);
  }
}

template <class V>
TUTTI_INLINE V larger(const V& a, const V& b) {
  return a > b ? a : b;
}

// The greatest lane; of integers too.
template <class V>
TUTTI_INLINE auto greatest(const V& v) {
  if constexpr (sizeof v == 64) {
    const auto low = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
    return greatest(larger(low, __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15)));
  } else if constexpr (sizeof v == 32) {
    const auto low = __builtin_shufflevector(v, v, 0, 1, 2, 3);
    return greatest(larger(low, __builtin_shufflevector(v, v, 4, 5, 6, 7)));
  } else {
    const V pair = larger(v, __builtin_shufflevector(v, v, 2, 3, 2, 3));
    return pair[0] > pair[1] ? pair[0] : pair[1];
  }
}

// e^x to 2 units in the last place: x = n ln 2 + r, |r| <= ln 2 / 2, and a polynomial in r
// (coefficients of Cephes' expf, S. Moshier). Saturates outside +-87.
template <class V>
TUTTI_INLINE V exp(V x) {
  x = x < -87.0f ? splat<V>(-87.0f) : x;
  x = x > 87.0f ? splat<V>(87.0f) : x;
  const V magic = splat<V>(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const V shifted = x * 1.44269504f + magic;
  const V n = shifted - magic;
  V r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  V p = splat<V>(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const V mantissa = p * (r * r) + (r + 1.0f);
  typename Lanes<sizeof(V) / 4>::integers bits, magic_bits, power;
  std::memcpy(&bits, &shifted, sizeof bits);
  std::memcpy(&magic_bits, &magic, sizeof bits);
  power = (bits - magic_bits + 127) << 23;
  V scale;
  std::memcpy(&scale, &power, sizeof scale);
  return mantissa * scale;
}

// cos and sin to about 1e-7 for |x| up to 1e6: x = n pi / 2 + r in double precision, polynomials in
// r (coefficients of Cephes' sinf, S. Moshier), and n modulo 4 says which and with what sign.
template <class V>
TUTTI_INLINE void cos_sin(const V& x, V& cosines, V& sines) {
  typedef double Wide __attribute__((vector_size(2 * sizeof(V))));
  using I = IntegersOf<V>;
  const Wide wide = __builtin_convertvector(x, Wide);
  const double magic = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
  const Wide n = (wide * 0.63661977236758134 + magic) - magic;
  const V r = __builtin_convertvector(wide - n * 1.5707963267948966, V);
  const I quarter = __builtin_convertvector(n, I);
  const V z = r * r;
  const V s = ((z * -1.9515295891e-4f + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
  const V c =
      ((z * 2.443315711809948e-5f - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z -
      0.5f * z + 1.0f;
  const I odd = -(quarter & 1);
  const V even_s = odd != 0 ? c : s, even_c = odd != 0 ? s : c;
  sines = (quarter & 2) != 0 ? -even_s : even_s;
  cosines = ((quarter + 1) & 2) != 0 ? -even_c : even_c;
}

// y[i] = f(x[i]) or f(x[i], z[i]); a rest shorter than a vector goes through the same code.
template <class V, class F>
TUTTI_INLINE void map(const float* x, float* y, int n, const F& f) {
  constexpr int W = lanes_of<V>;
  int i = 0;
  for (; i + W <= n; i += W) store(y + i, f(load<V>(x + i)));
  if (i < n) store_some(y + i, f(load_some<V>(x + i, n - i)), n - i);
}
template <class V, class F>
TUTTI_INLINE void map(const float* x, const float* z, float* y, int n, const F& f) {
  constexpr int W = lanes_of<V>;
  int i = 0;
  for (; i + W <= n; i += W) store(y + i, f(load<V>(x + i), load<V>(z + i)));
  if (i < n) store_some(y + i, f(load_some<V>(x + i, n - i), load_some<V>(z + i, n - i)), n - i);
}

// The sum of f(i, load) over i in steps of a vector, where load(p) is what of p counts there.
// Sixteen sums side by side, whatever the vector: they hide the latency of adding, and add up in
// one order.
template <class V, class F>
TUTTI_INLINE float sum_over(int n, const F& f) {
  constexpr int W = lanes_of<V>, kSums = 16 / W;
  V totals[kSums] = {};
  int i = 0;
  for (; i + 16 <= n; i += 16)
    for (int s = 0; s < kSums; ++s)
      totals[s] += f(
          i + s * W, [](const float* p) __attribute__((always_inline)) { return load<V>(p); });
  for (int s = 0; s < kSums && i < n; ++s, i += W) {
    const int count = n - i < W ? n - i : W;
    totals[s] += f(
        i, [&](const float* p) __attribute__((always_inline)) { return load_some<V>(p, count); });
  }
  if constexpr (kSums == 1) return sum(totals[0]);
  if constexpr (kSums == 2) return sum(totals[0] + totals[1]);
  if constexpr (kSums == 4) return sum((totals[0] + totals[2]) + (totals[1] + totals[3]));
}

template <class V>
TUTTI_INLINE float dot(const float* x, const float* z, int n) {
  return sum_over<V>(
      n, [&](int i, const auto& at)
             __attribute__((always_inline)) { return at(x + i) * at(z + i); });
}

template <class V>
TUTTI_INLINE float sum_of_squares(const float* x, int n) {
  return sum_over<V>(
      n, [&](int i, const auto& at) __attribute__((always_inline)) {
        const V v = at(x + i);
        return v * v;
      });
}

template <class V>
TUTTI_INLINE float sum_of(const float* x, int n) {
  return sum_over<V>(
      n, [&](int i, const auto& at) __attribute__((always_inline)) { return at(x + i); });
}

}  // namespace tutti::simd
