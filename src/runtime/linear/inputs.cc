// Rounding to INT8 and bf16, and the norm before it. Compiled without contraction of a * b + c, so
// that quantized values are the same bits on every instruction set.
#include "runtime/linear/inputs.h"

#include <algorithm>
#include <cmath>

#include "base/rounding.h"
#include "runtime/kernels/simd.h"

namespace tutti::kernels {
namespace {

using namespace simd;

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint16_t halves16 __attribute__((vector_size(32)));
using i16 = Lanes<16>::integers;

constexpr int32_t kMostBits = 0x7f7fffff;  // FLT_MAX; above are infinities and NaN

// max |x| as bits, which compare as the floats do: one instruction, and whatever is not finite
// shows.
TUTTI_INLINE int32_t most_bits(const float* x, int n) {
  i16 most = {};
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const i16 v = bits_of(magnitude(load<v16>(x + i)));
    most = v > most ? v : most;
  }
  if (i < n) {
    const i16 v = bits_of(magnitude(load_some<v16>(x + i, n - i)));
    most = v > most ? v : most;
  }
  return greatest(most);
}

// Of a row that holds an infinity or NaN. A NaN compares false and is passed over.
float most_of(const float* x, int n) {
  float most = 0;
  for (int i = 0; i < n; ++i) most = std::fabs(x[i]) > most ? std::fabs(x[i]) : most;
  return most;
}

// 128 + to_int8(): a float plus 1.5 * 2^23 has the rounded integer in its low bits. Values of a
// finite row times its own inverse need no limits.
template <bool kLimited>
TUTTI_INLINE bytes16 to_bytes(const v16& x, float inverse) {
  v16 v = x * inverse;
  if constexpr (kLimited) {
    v = v == v ? v : v16{};
    v = v > -127.0f ? v : splat(-127.0f);
    v = v < 127.0f ? v : splat(127.0f);
  }
  // Without the mask GCC 12 converts lane by lane.
  return __builtin_convertvector(bits_of(v + (12582912.0f + 128)) & 255, bytes16);
}

template <bool kLimited>
TUTTI_INLINE void quantize_row(const float* x, int n, float inverse, uint8_t* out) {
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const bytes16 low = to_bytes<kLimited>(load<v16>(x + i), inverse);
    std::memcpy(out + i, &low, sizeof low);
  }
  if (i == n) return;
  // Zeros become 128.
  const bytes16 low = to_bytes<kLimited>(load_some<v16>(x + i, n - i), inverse);
  std::memcpy(out + i, &low, size_t(n - i + 3) / 4 * 4);
}

}  // namespace

TUTTI_KERNEL
void quantize_rows(ConstMatrix x, float scale, uint8_t* out, size_t stride, float* scales,
                   int begin, int end) {
  for (int r = begin; r < end; ++r) {
    const float* row = x.row(r);
    uint8_t* to = out + size_t(r) * stride;
    const int32_t bits = scale > 0 ? 0 : most_bits(row, x.cols);
    if (scale > 0 || bits > kMostBits) {
      const Int8Scale s = int8_scale(scale > 0 ? scale * 127.0f : most_of(row, x.cols));
      scales[r] = scale > 0 ? scale : s.scale;
      quantize_row<true>(row, x.cols, s.inverse, to);
      continue;
    }
    float most;
    std::memcpy(&most, &bits, sizeof most);
    const Int8Scale s = int8_scale(most);
    scales[r] = s.scale;
    quantize_row<false>(row, x.cols, s.inverse, to);
  }
}

// To nearest, ties to even, as to_bf16().
TUTTI_KERNEL
void round_rows_bf16(ConstMatrix x, uint8_t* out, size_t stride, int begin, int end) {
  for (int r = begin; r < end; ++r) {
    uint8_t* to = out + size_t(r) * stride;
    for (int i = 0; i < x.cols; i += 16) {
      const int count = std::min(16, x.cols - i);
      const v16 v = count == 16 ? load<v16>(x.row(r) + i) : load_some<v16>(x.row(r) + i, count);
      const i16 bits = bits_of(v), rounded = bits + 0x7fff + (bits >> 16 & 1);
      const i16 kept = v == v ? rounded : bits | 0x400000;
      const halves16 high = __builtin_convertvector(kept >> 16 & 0xffff, halves16);
      std::memcpy(to + 2 * i, &high, size_t(count + 1) / 2 * 4);
    }
  }
}

TUTTI_KERNEL
void norm_rows(ConstMatrix x, const Norm& norm, float* out, size_t stride, int begin, int end) {
  size_t group = 0;
  for (int r = begin; r < end; ++r) {
    while (group + 2 < norm.bounds.size() && r >= norm.bounds[group + 1]) ++group;
    const float mean = sum_of_squares(x.row(r), x.cols) / float(x.cols);
    const float scale = 1.0f / std::sqrt(mean + norm.eps);
    const float* gain = norm.gain.row(int(group));
    float* y = out + size_t(r - begin) * stride;
    map(
        x.row(r), gain, y, x.cols, [&](const v16& v, const v16& g) __attribute__((always_inline)) {
          return v * scale * g;
        });
    if (!norm.modulation || r < norm.first_modulated) continue;
    const int level = norm.modulation_index[r - norm.first_modulated];
    map(
        y, norm.modulation + size_t(level) * norm.modulation_stride, y, x.cols,
        [](const v16& v, const v16& m) __attribute__((always_inline)) { return v * (m + 1.0f); });
  }
}

}  // namespace tutti::kernels
