#include "runtime/linear/packed_attention.h"

#include <algorithm>
#include <cmath>

#include "runtime/linear/isa.h"
#include "runtime/linear/product.h"
#include "runtime/simd.h"

namespace tutti {
namespace {

using namespace simd;

constexpr int kRopeAngles = kHeadColumns / 2;

using i16 = Lanes<16>::integers;
typedef uint16_t halves16 __attribute__((vector_size(32)));

int whole_panels(int keys) {
  return (keys + kPanelRows - 1) / kPanelRows;
}

// To bf16, ties away from zero: values here are finite, and a tie is one in 65536.
TUTTI_INLINE i16 bits_of(const v16& v) {
  i16 bits;
  std::memcpy(&bits, &v, sizeof bits);
  return bits;
}
TUTTI_INLINE void store_bf16(uint8_t* y, const v16& v) {
  const halves16 high = __builtin_convertvector((bits_of(v) + 0x8000) >> 16 & 0xffff, halves16);
  std::memcpy(y, &high, sizeof high);
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

TUTTI_INLINE float highest_of(const float* x, int n) {
  v16 most = splat(-INFINITY);
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const v16 v = load<v16>(x + i);
    most = v > most ? v : most;
  }
  float highest = most[0];
  for (int lane = 1; lane < 16; ++lane) highest = most[lane] > highest ? most[lane] : highest;
  for (; i < n; ++i) highest = x[i] > highest ? x[i] : highest;
  return highest;
}

// e^(x - the highest) of the first `count` scores into a row of probabilities as the next product
// reads them, zeros up to `padded` (whole panels, as the row is long); returns 1 / their sum.
template <bool kBf16>
TUTTI_INLINE float exponentials(const float* scores, int count, int padded, uint8_t* out) {
  constexpr float kLog2e = 1.44269504f;
  const float highest = highest_of(scores, count), scaled = highest * kLog2e;
  const auto exponential = [&](const v16& x) __attribute__((always_inline)) {
    return kBf16 ? exp2_coarse(x * kLog2e - scaled) : exp(x - highest);
  };
  v16 total = {};
  const auto put = [&](int at, const v16& v) __attribute__((always_inline)) {
    total += v;
    if (kBf16)
      store_bf16(out + 2 * at, v);
    else
      store(reinterpret_cast<float*>(out) + at, v);
  };
  int i = 0;
  for (; i + 16 <= count; i += 16) put(i, exponential(load<v16>(scores + i)));
  if (i < count) {
    const i16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const v16 e = exponential(load<v16>(scores + i));
    put(i, lane < count - i ? e : v16{});
    i += 16;
  }
  for (; i < padded; i += 16) put(i, v16{});
  return 1.0f / sum(total);
}

TUTTI_KERNEL
void softmax_bf16(const float* scores, size_t stride, int rows, int first, int step, int padded,
                  uint8_t* out, float* scales) {
  for (int r = 0; r < rows; ++r)
    scales[r] =
        exponentials<true>(scores + r * stride, first + r * step, padded, out + r * stride * 2);
}
TUTTI_KERNEL
void softmax_f32(const float* scores, size_t stride, int rows, int first, int step, int padded,
                 uint8_t* out, float* scales) {
  for (int r = 0; r < rows; ++r)
    scales[r] =
        exponentials<false>(scores + r * stride, first + r * step, padded, out + r * stride * 4);
}

// One position of FP32 keys and values; steps of both are 64 bytes.
void put_f32(const float* key, const float* value, uint8_t* k, uint8_t* v, size_t v_panel) {
  for (int c = 0; c < kHeadColumns; ++c) std::memcpy(k + c * kStepBytes, key + c, 4);
  for (int c = 0; c < kHeadColumns; c += kPanelRows)
    std::memcpy(v + c / kPanelRows * v_panel, value + c, kStepBytes);
}

TUTTI_KERNEL
void put_key(const float* key, uint8_t* k) {
  uint8_t halves[2 * kHeadColumns];
  for (int c = 0; c < kHeadColumns; c += 16) store_bf16(halves + 2 * c, load<v16>(key + c));
  for (int step = 0; step < kHeadColumns / 2; ++step)
    std::memcpy(k + step * kStepBytes, halves + 4 * step, 4);
}

// Both positions of a step, or one of them.
TUTTI_KERNEL
void put_value_pair(const float* even, const float* odd, uint8_t* v, size_t v_panel) {
  for (int c = 0; c < kHeadColumns; c += kPanelRows, v += v_panel) {
    const i16 low = (bits_of(load<v16>(even + c)) + 0x8000) >> 16 & 0xffff;
    const i16 high = (bits_of(load<v16>(odd + c)) + 0x8000) & int(0xffff0000);
    const i16 both = low | high;
    std::memcpy(v, &both, sizeof both);
  }
}
TUTTI_KERNEL
void put_value(const float* value, uint8_t* v, size_t v_panel) {
  uint8_t halves[2 * kPanelRows];
  for (int c = 0; c < kHeadColumns; c += kPanelRows, v += v_panel) {
    store_bf16(halves, load<v16>(value + c));
    for (int i = 0; i < kPanelRows; ++i) std::memcpy(v + 4 * i, halves + 2 * i, 2);
  }
}

}  // namespace

Result<PackedKv> PackedKv::create(int heads, int capacity, Precision precision) {
  if (precision == Precision::int8) return usage_error("keys and values are kept in bf16 or f32");
  PackedKv kv;
  kv.heads_ = heads;
  kv.capacity_ = whole_panels(capacity) * kPanelRows;
  kv.precision_ = precision;
  TUTTI_ASSIGN(kv.memory_, AlignedFloats::allocate(heads * kv.head_bytes() / sizeof(float)));
  return kv;
}

void PackedKv::put(int head, int position, ConstMatrix keys, ConstMatrix values) {
  uint8_t *k = data(head), *v = data(head) + head_bytes() / 2;
  const size_t k_panel = key_panel_bytes(), v_panel = value_panel_bytes();
  for (int r = 0; r < keys.rows; ++r, ++position) {
    uint8_t* key = k + position / kPanelRows * k_panel + position % kPanelRows * 4;
    if (precision_ == Precision::f32) {
      put_f32(keys.row(r), values.row(r), key, v + size_t(position) * kStepBytes, v_panel);
      continue;
    }
    put_key(keys.row(r), key);
    uint8_t* value = v + size_t(position / 2) * kStepBytes;
    if (position % 2 == 1) {
      if (r == 0) put_value(values.row(r), value + 2, v_panel);  // else its pair has written it
    } else if (r + 1 < keys.rows) {
      put_value_pair(values.row(r), values.row(r + 1), value, v_panel);
    } else {
      put_value(values.row(r), value, v_panel);
    }
  }
}

size_t attention_floats(int capacity) {
  return size_t(2) * kAttentionRows * whole_panels(capacity) * kPanelRows + 2 * kAttentionRows;
}

void attend(const PackedKv& kv, const AttentionBlock& block, float* scratch) {
  const int keys = block.first_keys + (block.causal ? block.rows - 1 : 0);
  const int panels = whole_panels(keys), padded = panels * kPanelRows;
  const bool bf16 = kv.precision() == Precision::bf16;
  const size_t element = bf16 ? 2 : 4;
  float* scores = scratch + 2 * kAttentionRows;
  uint8_t* probabilities = reinterpret_cast<uint8_t*>(scores + size_t(block.rows) * padded);

  Product p = {};
  p.x = block.queries;
  p.x_stride = kHeadColumns * element;
  p.rows = block.rows;
  p.weights = kv.keys(block.head);
  p.panels = panels;
  p.panel_bytes = kv.key_panel_bytes();
  p.steps = kHeadColumns / step_columns(kv.precision());
  p.columns = padded;
  p.y = scores;
  p.y_stride = size_t(padded);
  const auto product = active_kernels().product[int(kv.precision())];
  product(p);

  (bf16 ? softmax_bf16 : softmax_f32)(scores, size_t(padded), block.rows, block.first_keys,
                                      block.causal ? 1 : 0, padded, probabilities, scratch);

  p.x = probabilities;
  p.x_stride = size_t(padded) * element;
  p.weights = kv.values(block.head);
  p.panels = kHeadColumns / kPanelRows;
  p.panel_bytes = kv.value_panel_bytes();
  p.steps = (keys + step_columns(kv.precision()) - 1) / step_columns(kv.precision());
  p.columns = kHeadColumns;
  p.epilogue.gate = scratch;
  p.y = block.y;
  p.y_stride = block.y_stride;
  product(p);
}

namespace kernels {

TUTTI_KERNEL
void rope_head(const float* x, const float* cosines, const float* sines, float scale, float* y) {
  for (int i = 0; i < kRopeAngles; i += 16) {
    const v16 low = load<v16>(x + i) * scale, high = load<v16>(x + i + kRopeAngles) * scale;
    const v16 c = load<v16>(cosines + i), s = load<v16>(sines + i);
    store(y + i, low * c - high * s);
    store(y + i + kRopeAngles, high * c + low * s);
  }
}

TUTTI_KERNEL
void round_bf16(const float* x, int count, uint8_t* y) {
  for (int i = 0; i < count; i += 16) store_bf16(y + 2 * i, load<v16>(x + i));
}

}  // namespace kernels
}  // namespace tutti
