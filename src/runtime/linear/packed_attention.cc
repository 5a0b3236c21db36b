#include "runtime/linear/packed_attention.h"

#include <algorithm>
#include <cmath>

#include "runtime/linear/isa.h"
#include "runtime/linear/product.h"
#include "runtime/linear/rounding.h"
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
TUTTI_INLINE void store_bf16(uint8_t* y, const v16& v) {
  i16 bits;
  std::memcpy(&bits, &v, sizeof bits);
  const halves16 high = __builtin_convertvector((bits + 0x8000) >> 16 & 0xffff, halves16);
  std::memcpy(y, &high, sizeof high);
}

// e^(x - the highest) of the first `count` scores into a row of probabilities as the next product
// reads them, zeros up to `padded` (whole panels, as the row is long); returns 1 / their sum.
template <bool kBf16>
TUTTI_INLINE float exponentials(const float* scores, int count, int padded, uint8_t* out) {
  v16 most = splat(-INFINITY);
  int i = 0;
  for (; i + 16 <= count; i += 16) {
    const v16 v = load<v16>(scores + i);
    most = v > most ? v : most;
  }
  float highest = most[0];
  for (int lane = 1; lane < 16; ++lane) highest = most[lane] > highest ? most[lane] : highest;
  for (int j = i; j < count; ++j) highest = scores[j] > highest ? scores[j] : highest;

  v16 total = {};
  const auto put = [&](int at, const v16& v) __attribute__((always_inline)) {
    total += v;
    if (kBf16)
      store_bf16(out + 2 * at, v);
    else
      store(reinterpret_cast<float*>(out) + at, v);
  };
  for (i = 0; i + 16 <= count; i += 16) put(i, exp(load<v16>(scores + i) - highest));
  if (i < count) {
    const i16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const v16 e = exp(load<v16>(scores + i) - highest);
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

void PackedKv::put(int head, int position, const float* key, const float* value) {
  uint8_t* k = data(head) + position / kPanelRows * key_panel_bytes() + position % kPanelRows * 4;
  const int per_step = step_columns(precision_);
  uint8_t* v = data(head) + head_bytes() / 2 + size_t(position / per_step) * kStepBytes +
               position % per_step * element();
  for (int panel = 0; panel < kHeadColumns / kPanelRows; ++panel, v += value_panel_bytes())
    for (int c = 0; c < kPanelRows; ++c, ++value) {
      if (precision_ == Precision::f32) {
        std::memcpy(v + 4 * c, value, 4);
        continue;
      }
      const uint16_t half = to_bf16(*value);
      std::memcpy(v + 4 * c, &half, 2);
    }
  for (int c = 0; c < kHeadColumns; c += per_step, k += kStepBytes) {
    if (precision_ == Precision::f32) {
      std::memcpy(k, key + c, 4);
      continue;
    }
    const uint16_t pair[2] = {to_bf16(key[c]), to_bf16(key[c + 1])};
    std::memcpy(k, pair, 4);
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
void round_head(const float* x, uint8_t* y) {
  for (int i = 0; i < kHeadColumns; i += 16) store_bf16(y + 2 * i, load<v16>(x + i));
}

}  // namespace kernels
}  // namespace tutti
