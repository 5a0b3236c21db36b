// Sixteen floats at a time in plain C++ (GCC vector extensions): the compiler lowers them to one
// AVX-512, two AVX2 or four SSE/NEON registers. Included by kernel files alone.
#pragma once

#include <cstdint>
#include <cstring>

#define TUTTI_INLINE static inline __attribute__((always_inline))

// A kernel compiled for three levels of x86-64 and chosen when the program is loaded. The choice
// runs before a sanitizer is ready, hence not under one; nor with clang, which will not inline
// functions of 64-byte vectors into clones, and only fuzzes here.
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define TUTTI_KERNEL __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define TUTTI_KERNEL
#endif

namespace tutti::simd {

template <int W>
struct Lanes {
  typedef float vector __attribute__((vector_size(W * 4)));
  typedef int32_t integers __attribute__((vector_size(W * 4)));
};
using v4 = Lanes<4>::vector;
using v8 = Lanes<8>::vector;
using v16 = Lanes<16>::vector;

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

template <class V = v16>
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
TUTTI_INLINE void store_bf16(uint8_t* y, const v16& v) {
  typedef uint16_t halves32 __attribute__((vector_size(64)));
  const IntegersOf<v16> bits = bits_of(v) + 0x8000;
  halves32 halves;
  std::memcpy(&halves, &bits, sizeof halves);
  const auto high = __builtin_shufflevector(halves, halves, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21,
                                            23, 25, 27, 29, 31);
  std::memcpy(y, &high, sizeof high);
}

// The greatest of 16 lanes.
template <class V>
TUTTI_INLINE auto greatest(V v) {
  const V half =
      __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
  v = v > half ? v : half;
  const V quarter = __builtin_shufflevector(v, v, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7);
  v = v > quarter ? v : quarter;
  const V pair = __builtin_shufflevector(v, v, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3);
  v = v > pair ? v : pair;
  return v[0] > v[1] ? v[0] : v[1];
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
TUTTI_INLINE void cos_sin(const v16& x, v16& cosines, v16& sines) {
  typedef double d16 __attribute__((vector_size(128)));
  using i16 = Lanes<16>::integers;
  const d16 wide = __builtin_convertvector(x, d16);
  const double magic = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
  const d16 n = (wide * 0.63661977236758134 + magic) - magic;
  const v16 r = __builtin_convertvector(wide - n * 1.5707963267948966, v16);
  const i16 quarter = __builtin_convertvector(n, i16);
  const v16 z = r * r;
  v16 s = ((z * -1.9515295891e-4f + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
  v16 c =
      ((z * 2.443315711809948e-5f - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z -
      0.5f * z + 1.0f;
  const i16 odd = -(quarter & 1);
  const v16 even_s = odd != 0 ? c : s, even_c = odd != 0 ? s : c;
  sines = (quarter & 2) != 0 ? -even_s : even_s;
  cosines = ((quarter + 1) & 2) != 0 ? -even_c : even_c;
}

// y[i] = f(x[i]) or f(x[i], z[i]); a rest shorter than 16 goes through the same code.
template <class F>
TUTTI_INLINE void map(const float* x, float* y, int n, const F& f) {
  int i = 0;
  for (; i + 16 <= n; i += 16) store(y + i, f(load<v16>(x + i)));
  if (i < n) store_some(y + i, f(load_some<v16>(x + i, n - i)), n - i);
}
template <class F>
TUTTI_INLINE void map(const float* x, const float* z, float* y, int n, const F& f) {
  int i = 0;
  for (; i + 16 <= n; i += 16) store(y + i, f(load<v16>(x + i), load<v16>(z + i)));
  if (i < n)
    store_some(y + i, f(load_some<v16>(x + i, n - i), load_some<v16>(z + i, n - i)), n - i);
}

TUTTI_INLINE float dot(const float* x, const float* z, int n) {
  v16 total = {};
  int i = 0;
  for (; i + 16 <= n; i += 16) total += load<v16>(x + i) * load<v16>(z + i);
  if (i < n) total += load_some<v16>(x + i, n - i) * load_some<v16>(z + i, n - i);
  return sum(total);
}

TUTTI_INLINE float sum_of_squares(const float* x, int n) {
  v16 total = {};
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const v16 v = load<v16>(x + i);
    total += v * v;
  }
  if (i < n) {
    const v16 v = load_some<v16>(x + i, n - i);
    total += v * v;
  }
  return sum(total);
}

}  // namespace tutti::simd
