// Rounding to INT8 and bf16, and the norm before it. Compiled without contraction of a * b + c, so
// that quantized values are the same bits on every instruction set.
#include "runtime/linear/inputs.h"

#include <algorithm>
#include <cmath>

#include "base/rounding.h"
#include "runtime/kernels/kernel.h"

namespace tutti::kernels {
namespace {

using namespace simd;

constexpr int32_t kMostBits = 0x7f7fffff;  // FLT_MAX; above are infinities and NaN

// max |x| as bits, which compare as the floats do: one instruction, and whatever is not finite
// shows.
template <class V>
TUTTI_INLINE int32_t most_bits(const float* x, int n) {
  constexpr int W = lanes_of<V>, kVectors = 16 / W;  // so many at once hide the latency
  IntegersOf<V> most[kVectors] = {};
  int i = 0;
  for (; i + 16 <= n; i += 16)
    for (int k = 0; k < kVectors; ++k)
      most[k] = larger(bits_of(magnitude(load<V>(x + i + k * W))), most[k]);
  for (; i < n; i += W) {
    const int count = std::min(W, n - i);
    most[0] = larger(bits_of(magnitude(load_some<V>(x + i, count))), most[0]);
  }
  for (int k = 1; k < kVectors; ++k) most[0] = larger(most[0], most[k]);
  return greatest(most[0]);
}

// Of a row that holds an infinity or NaN. A NaN compares false and is passed over.
float most_of(const float* x, int n) {
  float most = 0;
  for (int i = 0; i < n; ++i) most = std::fabs(x[i]) > most ? std::fabs(x[i]) : most;
  return most;
}

// 128 + to_int8(): a float plus 1.5 * 2^23 has the rounded integer in its low bits. Values of a
// finite row times its own inverse need no limits.
template <bool kLimited, class V>
TUTTI_INLINE auto to_bytes(const V& x, float inverse) {
  V v = x * inverse;
  if constexpr (kLimited) {
    v = v == v ? v : V{};
    v = v > -127.0f ? v : splat<V>(-127.0f);
    v = v < 127.0f ? v : splat<V>(127.0f);
  }
  return low_bytes(bits_of(v + (12582912.0f + 128)));
}

template <class V, bool kLimited>
TUTTI_INLINE void quantize_row(const float* x, int n, float inverse, uint8_t* out) {
  constexpr int W = lanes_of<V>;
  int i = 0;
  for (; i + W <= n; i += W) {
    const auto low = to_bytes<kLimited>(load<V>(x + i), inverse);
    std::memcpy(out + i, &low, sizeof low);
  }
  if (i == n) return;
  // Zeros become 128.
  const auto low = to_bytes<kLimited>(load_some<V>(x + i, n - i), inverse);
  std::memcpy(out + i, &low, size_t(n - i + 3) / 4 * 4);
}

}  // namespace

TUTTI_KERNEL(void, quantize_rows,
             (ConstMatrix x, float scale, uint8_t* out, size_t stride, float* scales, int begin,
              int end),
             (x, scale, out, stride, scales, begin, end)) {
  for (int r = begin; r < end; ++r) {
    const float* row = x.row(r);
    uint8_t* to = out + size_t(r) * stride;
    const int32_t bits = scale > 0 ? 0 : most_bits<V>(row, x.cols);
    if (scale > 0 || bits > kMostBits) {
      const Int8Scale s = int8_scale(scale > 0 ? scale * 127.0f : most_of(row, x.cols));
      scales[r] = scale > 0 ? scale : s.scale;
      quantize_row<V, true>(row, x.cols, s.inverse, to);
      continue;
    }
    float most;
    std::memcpy(&most, &bits, sizeof most);
    const Int8Scale s = int8_scale(most);
    scales[r] = s.scale;
    quantize_row<V, false>(row, x.cols, s.inverse, to);
  }
}

// To nearest, ties to even, as to_bf16().
TUTTI_KERNEL(void, round_rows_bf16,
             (ConstMatrix x, uint8_t* out, size_t stride, int begin, int end),
             (x, out, stride, begin, end)) {
  for (int r = begin; r < end; ++r) {
    uint8_t* to = out + size_t(r) * stride;
    for (int i = 0; i < x.cols; i += lanes_of<V>) {
      const int count = std::min(lanes_of<V>, x.cols - i);
      const V v = count == lanes_of<V> ? load<V>(x.row(r) + i) : load_some<V>(x.row(r) + i, count);
      const IntegersOf<V> bits = bits_of(v), rounded = bits + 0x7fff + (bits >> 16 & 1);
      const IntegersOf<V> kept = v == v ? rounded : bits | 0x400000;
      const auto high =
          __builtin_convertvector(kept >> 16 & 0xffff, typename Lanes<lanes_of<V>>::halves);
      std::memcpy(to + 2 * i, &high, size_t(count + 1) / 2 * 4);
    }
  }
}

TUTTI_KERNEL(void, norm_rows,
             (ConstMatrix x, const Norm& norm, float* out, size_t stride, int begin, int end),
             (x, norm, out, stride, begin, end)) {
  size_t group = 0;
  for (int r = begin; r < end; ++r) {
    while (group + 2 < norm.bounds.size() && r >= norm.bounds[group + 1]) ++group;
    const float mean = sum_of_squares<V>(x.row(r), x.cols) / float(x.cols);
    const float scale = 1.0f / std::sqrt(mean + norm.eps);
    const float* gain = norm.gain.row(int(group));
    float* y = out + size_t(r - begin) * stride;
    map<V>(
        x.row(r), gain, y, x.cols, [&](const V& v, const V& g) __attribute__((always_inline)) {
          return v * scale * g;
        });
    if (!norm.modulation || r < norm.first_modulated) continue;
    const int level = norm.modulation_index[r - norm.first_modulated];
    map<V>(
        y, norm.modulation + size_t(level) * norm.modulation_stride, y, x.cols,
        [](const V& v, const V& m) __attribute__((always_inline)) { return v * (m + 1.0f); });
  }
}

}  // namespace tutti::kernels
