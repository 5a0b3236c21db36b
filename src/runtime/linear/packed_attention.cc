#include "runtime/linear/packed_attention.h"

#include <algorithm>
#include <cmath>

#include "base/rounding.h"
#include "runtime/kernels/isa.h"
#include "runtime/kernels/kernel.h"
#include "runtime/kernels/product.h"
#include "runtime/linear/softmax.h"

namespace tutti {
namespace {

using namespace simd;

constexpr int kRopeAngles = kHeadColumns / 2;

template <class V>
struct Narrow {
  typedef int8_t bytes __attribute__((vector_size(sizeof(V) / 4)));
  typedef int16_t shorts __attribute__((vector_size(sizeof(V) / 2)));
};

int whole_panels(int keys) {
  return (keys + kPanelRows - 1) / kPanelRows;
}

size_t element_bytes(Precision precision) {
  return 4 / step_columns(precision);
}

float bf16_or_float(const uint8_t* from, Precision precision) {
  float value;
  uint16_t half;
  std::memcpy(&half, from, sizeof half);
  if (precision == Precision::bf16) return from_bf16(half);
  std::memcpy(&value, from, sizeof value);
  return value;
}

// One position of FP32; steps are 64 bytes.
void put_key_f32(const float* key, uint8_t* k) {
  for (int c = 0; c < kHeadColumns; ++c) std::memcpy(k + c * kStepBytes, key + c, 4);
}
void put_value_f32(const float* value, uint8_t* v, size_t v_panel) {
  for (int c = 0; c < kHeadColumns; c += kPanelRows)
    std::memcpy(v + c / kPanelRows * v_panel, value + c, kStepBytes);
}

// The 16 positions of a panel, `steps` times 4 bytes of each, `stride` floats apart. A step holds 4
// bytes of all: blocks of 4 positions x 4 steps are transposed, which takes a quarter of the
// stores.
TUTTI_INLINE void transpose_panel(const float* rows, size_t stride, int steps, uint8_t* k) {
  for (int step = 0; step < steps; step += 4)
    for (int r = 0; r < kPanelRows; r += 4) {
      const float* from = rows + r * stride + step;
      const v4 a = load<v4>(from), b = load<v4>(from + stride);
      const v4 c = load<v4>(from + 2 * stride), d = load<v4>(from + 3 * stride);
      const v4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
      const v4 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
      const v4 ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
      const v4 cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
      float* to = reinterpret_cast<float*>(k + step * kStepBytes + r * 4);
      store(to, __builtin_shufflevector(ab, cd, 0, 1, 4, 5));
      store(to + 16, __builtin_shufflevector(ab, cd, 2, 3, 6, 7));
      store(to + 32, __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5));
      store(to + 48, __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7));
    }
}
TUTTI_KERNEL(void, put_key_panel_f32, (const float* keys, size_t stride, uint8_t* k),
             (keys, stride, k)) {
  transpose_panel(keys, stride, kHeadColumns, k);
}

TUTTI_KERNEL(void, put_key, (const float* key, uint8_t* k), (key, k)) {
  uint8_t halves[2 * kHeadColumns];
  for (int c = 0; c < kHeadColumns; c += lanes_of<V>) store_bf16(halves + 2 * c, load<V>(key + c));
  for (int step = 0; step < kHeadColumns / 2; ++step)
    std::memcpy(k + step * kStepBytes, halves + 4 * step, 4);
}

TUTTI_KERNEL(void, put_key_panel, (const float* keys, size_t stride, uint8_t* k),
             (keys, stride, k)) {
  alignas(64) float halves[kPanelRows][kHeadColumns / 2];
  for (int r = 0; r < kPanelRows; ++r)
    for (int c = 0; c < kHeadColumns; c += lanes_of<V>)
      store_bf16(reinterpret_cast<uint8_t*>(halves[r]) + 2 * c, load<V>(keys + r * stride + c));
  transpose_panel(halves[0], kHeadColumns / 2, kHeadColumns / 2, k);
}

// Both positions of a step, or one of them.
TUTTI_KERNEL(void, put_value_pair,
             (const float* even, const float* odd, uint8_t* v, size_t v_panel),
             (even, odd, v, v_panel)) {
  for (int c = 0; c < kHeadColumns; c += lanes_of<V>) {
    const IntegersOf<V> low = (bits_of(load<V>(even + c)) + 0x8000) >> 16 & 0xffff;
    const IntegersOf<V> high = (bits_of(load<V>(odd + c)) + 0x8000) & int(0xffff0000);
    const IntegersOf<V> both = low | high;
    std::memcpy(v + c / kPanelRows * v_panel + c % kPanelRows * 4, &both, sizeof both);
  }
}
TUTTI_KERNEL(void, put_value, (const float* value, uint8_t* v, size_t v_panel),
             (value, v, v_panel)) {
  uint8_t halves[2 * kPanelRows];
  for (int c = 0; c < kHeadColumns; c += kPanelRows, v += v_panel) {
    for (int i = 0; i < kPanelRows; i += lanes_of<V>)
      store_bf16(halves + 2 * i, load<V>(value + c + i));
    for (int i = 0; i < kPanelRows; ++i) std::memcpy(v + 4 * i, halves + 2 * i, 2);
  }
}

// A row of 64 in INT8: scale * q is within scale / 2 of it.
TUTTI_KERNEL(float, put_int8, (const float* x, int8_t* q), (x, q)) {
  constexpr int W = lanes_of<V>;
  V most = {};
  for (int c = 0; c < kHeadColumns; c += W) most = larger(magnitude(load<V>(x + c)), most);
  const float top = greatest(most), inverse = top > 0 ? 127 / top : 0;
  for (int c = 0; c < kHeadColumns; c += W) {
    const V v = load<V>(x + c) * inverse;
    const auto whole =
        __builtin_convertvector(v + (v < 0.0f ? splat<V>(-0.5f) : splat<V>(0.5f)), IntegersOf<V>);
    const auto narrow = low_bytes(whole);
    std::memcpy(q + c, &narrow, sizeof narrow);
  }
  return top / 127;
}

// Step by step: GCC 12 widens bytes to floats one at a time, which takes five times as long.
template <class V>
TUTTI_INLINE void widen_row(const int8_t* q, float scale, float* x) {
  for (int c = 0; c < kHeadColumns; c += lanes_of<V>) {
    typename Narrow<V>::bytes narrow;
    std::memcpy(&narrow, q + c, sizeof narrow);
    const auto shorts = __builtin_convertvector(narrow, typename Narrow<V>::shorts);
    const auto whole = __builtin_convertvector(shorts, IntegersOf<V>);
    store(x + c, __builtin_convertvector(whole, V) * scale);
  }
}

// `count` positions of INT8 rows, whole panels, to what put() makes of them in bf16 or FP32.
TUTTI_KERNEL(void, unpack_f32,
             (const int8_t* keys, const float* key_scales, const int8_t* values,
              const float* value_scales, int count, const KvHead& to),
             (keys, key_scales, values, value_scales, count, to)) {
  const size_t k_panel = to.key_panel_bytes(), v_panel = to.value_panel_bytes();
  float rows[kPanelRows][kHeadColumns];
  for (int i = 0; i < count; i += kPanelRows) {
    for (int r = 0; r < kPanelRows; ++r)
      widen_row<V>(keys + (i + r) * kHeadColumns, key_scales[i + r], rows[r]);
    transpose_panel(rows[0], kHeadColumns, kHeadColumns, to.keys + i / kPanelRows * k_panel);
  }
  for (int i = 0; i < count; ++i) {
    widen_row<V>(values + i * kHeadColumns, value_scales[i], rows[0]);
    put_value_f32(rows[0], to.values + size_t(i) * kStepBytes, v_panel);
  }
}
TUTTI_KERNEL(void, unpack_bf16,
             (const int8_t* keys, const float* key_scales, const int8_t* values,
              const float* value_scales, int count, const KvHead& to),
             (keys, key_scales, values, value_scales, count, to)) {
  const size_t k_panel = to.key_panel_bytes(), v_panel = to.value_panel_bytes();
  float rows[kPanelRows][kHeadColumns];
  for (int i = 0; i < count; i += kPanelRows) {
    for (int r = 0; r < kPanelRows; ++r)
      widen_row<V>(keys + (i + r) * kHeadColumns, key_scales[i + r], rows[r]);
    put_key_panel(rows[0], kHeadColumns, to.keys + i / kPanelRows * k_panel);
  }
  for (int i = 0; i < count; i += 2) {
    for (int r = 0; r < 2; ++r)
      widen_row<V>(values + (i + r) * kHeadColumns, value_scales[i + r], rows[r]);
    put_value_pair(rows[0], rows[1], to.values + size_t(i / 2) * kStepBytes, v_panel);
  }
}

// Keys [origin, last) in `panels` panels, the first of which is panel at / 16 of what kv keeps.
void attend_panels(const KvHead& kv, int at, int origin, int panels, int last,
                   const MaskedBlock& block, float* scratch) {
  const int padded = panels * kPanelRows;
  const size_t element = element_bytes(kv.precision);
  float* scores = scratch + (block.rows + 15) / 16 * 16;
  uint8_t* probabilities = reinterpret_cast<uint8_t*>(scores + size_t(block.rows) * padded);

  Product p = {};
  p.x = block.queries;
  p.x_stride = kHeadColumns * element;
  p.rows = block.rows;
  p.panel_bytes = kv.key_panel_bytes();
  p.weights = kv.keys + size_t(at / kPanelRows) * p.panel_bytes;
  p.panels = panels;
  p.steps = kHeadColumns / step_columns(kv.precision);
  p.columns = padded;
  p.y = scores;
  p.y_stride = size_t(padded);
  const auto product = active_kernels().product[int(kv.precision)];
  product(p);

  for (int r = 0; r < block.rows; ++r) {
    kernels::SoftmaxRow row = {scores + size_t(r) * padded, block.first[r] - origin,
                               block.last[r] - origin, padded,
                               block.bias ? block.bias[r] : nullptr};
    if (row.bias) row.bias += origin;
    scratch[r] = kernels::exponentials(kv.precision, row, probabilities + r * padded * element);
  }

  if (block.probabilities)
    for (int i = 0; i < block.rows * padded; ++i) {
      const float e = bf16_or_float(probabilities + i * element, kv.precision);
      block.probabilities[i] = e * scratch[i / padded];
    }

  p.x = probabilities;
  p.x_stride = size_t(padded) * element;
  p.panel_bytes = kv.value_panel_bytes();
  p.weights = kv.values + size_t(at / step_columns(kv.precision)) * kStepBytes;
  p.panels = kHeadColumns / kPanelRows;
  p.steps = (last - origin + step_columns(kv.precision) - 1) / step_columns(kv.precision);
  p.columns = kHeadColumns;
  p.epilogue.gate = scratch;
  p.y = block.y;
  p.y_stride = block.y_stride;
  product(p);
}

}  // namespace

Precision half_precision() {
  return active_kernels().fast_bf16 ? Precision::bf16 : Precision::f32;
}

size_t KvHead::bytes(int capacity, Precision precision) {
  const size_t scale = precision == Precision::int8 ? sizeof(float) : 0;
  return size_t(2) * capacity * (kHeadColumns * element_bytes(precision) + scale);
}

KvHead::KvHead(uint8_t* data, int capacity, Precision precision)
    : keys(data),
      values(data + bytes(capacity, precision) / 2),
      capacity(capacity),
      precision(precision) {}

void KvHead::put(int position, ConstMatrix new_keys, ConstMatrix new_values) const {
  const int place = position - first;
  if (precision == Precision::int8) return put_rows(place, new_keys, new_values);
  if (precision == Precision::bf16) return put_bf16(place, new_keys, new_values);
  put_f32(place, new_keys, new_values);
}

void KvHead::move_down(int begin, int end) const {
  const auto move = [&](uint8_t* to, size_t unit) {  // a unit holds a panel
    const size_t gone = size_t(begin - first) / kPanelRows,
                 kept = size_t(whole_panels(end - begin));
    std::memmove(to, to + gone * unit, kept * unit);
  };
  if (precision == Precision::int8) {
    for (uint8_t* rows : {keys, values}) {
      move(rows, kPanelRows * kHeadColumns);
      move(rows + size_t(capacity) * kHeadColumns, kPanelRows * sizeof(float));
    }
    return;
  }
  move(keys, key_panel_bytes());
  for (int panel = 0; panel < kHeadColumns / kPanelRows; ++panel)
    move(values + panel * value_panel_bytes(), kPanelRows / step_columns(precision) * kStepBytes);
}

void KvHead::put_f32(int position, ConstMatrix new_keys, ConstMatrix new_values) const {
  const size_t k_panel = key_panel_bytes(), v_panel = value_panel_bytes();
  const int rows = new_keys.rows;
  for (int r = 0, at = position; r < rows;) {
    uint8_t* key = keys + at / kPanelRows * k_panel + at % kPanelRows * 4;
    const bool whole = at % kPanelRows == 0 && r + kPanelRows <= rows;
    if (whole)
      put_key_panel_f32(new_keys.row(r), new_keys.stride, key);
    else
      put_key_f32(new_keys.row(r), key);
    r += whole ? kPanelRows : 1, at += whole ? kPanelRows : 1;
  }
  for (int r = 0; r < rows; ++r)
    put_value_f32(new_values.row(r), values + size_t(position + r) * kStepBytes, v_panel);
}

void KvHead::put_bf16(int position, ConstMatrix new_keys, ConstMatrix new_values) const {
  const int rows = new_keys.rows;
  for (int r = 0, at = position; r < rows;) {
    uint8_t* key = keys + at / kPanelRows * key_panel_bytes() + at % kPanelRows * 4;
    const bool whole = at % kPanelRows == 0 && r + kPanelRows <= rows;
    if (whole)
      put_key_panel(new_keys.row(r), new_keys.stride, key);
    else
      put_key(new_keys.row(r), key);
    r += whole ? kPanelRows : 1, at += whole ? kPanelRows : 1;
  }
  const size_t v_panel = value_panel_bytes();
  for (int r = 0, at = position; r < rows; ++r, ++at) {
    uint8_t* value = values + size_t(at / 2) * kStepBytes;
    if (at % 2 == 1) {
      if (r == 0) put_value(new_values.row(r), value + 2, v_panel);  // else its pair wrote it
    } else if (r + 1 < rows) {
      put_value_pair(new_values.row(r), new_values.row(r + 1), value, v_panel);
    } else {
      // A product reads both positions of a step: what lay in the other must not be a NaN.
      static constexpr float kNothing[kHeadColumns] = {};
      put_value_pair(new_values.row(r), kNothing, value, v_panel);
    }
  }
}

void KvHead::put_rows(int position, ConstMatrix new_keys, ConstMatrix new_values) const {
  const auto put_row = [&](uint8_t* rows, int at, const float* x) {
    float* scales = reinterpret_cast<float*>(rows + size_t(capacity) * kHeadColumns);
    scales[at] = put_int8(x, reinterpret_cast<int8_t*>(rows + size_t(at) * kHeadColumns));
  };
  for (int r = 0; r < new_keys.rows; ++r) {
    put_row(keys, position + r, new_keys.row(r));
    put_row(values, position + r, new_values.row(r));
  }
}

Result<PackedKv> PackedKv::create(int heads, int capacity, Precision precision) {
  PackedKv kv;
  kv.heads_ = heads;
  kv.capacity_ = whole_panels(capacity) * kPanelRows;
  kv.precision_ = precision;
  const size_t bytes = heads * KvHead::bytes(kv.capacity_, precision);
  TUTTI_ASSIGN(kv.memory_, AlignedFloats::allocate(bytes / sizeof(float)));
  return kv;
}

size_t attention_floats(int keys, Precision kept, int rows) {
  const size_t positions = size_t(whole_panels(keys) + 1) * kPanelRows;
  const size_t unpacked =
      kept == Precision::int8 ? KvHead::bytes(int(positions), half_precision()) / sizeof(float) : 0;
  return (2 * positions + 1) * (size_t(rows) + 15) + unpacked;
}

void attend(const KvHead& kv, const MaskedBlock& block, float* scratch) {
  int first = block.first[0], last = block.last[0];
  for (int r = 1; r < block.rows; ++r) {
    first = std::min(first, block.first[r]);
    last = std::max(last, block.last[r]);
  }
  const int origin = first / kPanelRows * kPanelRows;
  const int panels = whole_panels(last - origin), padded = panels * kPanelRows;
  const int at = origin - kv.first;
  if (kv.precision != Precision::int8)
    return attend_panels(kv, at, origin, panels, last, block, scratch);
  const Precision half = half_precision();
  const KvHead view(reinterpret_cast<uint8_t*>(scratch), padded, half);
  const auto rows = [&](const uint8_t* all) {
    return reinterpret_cast<const int8_t*>(all + size_t(at) * kHeadColumns);
  };
  const auto scales = [&](const uint8_t* all) {
    return reinterpret_cast<const float*>(all + size_t(kv.capacity) * kHeadColumns) + at;
  };
  const auto unpack = half == Precision::bf16 ? unpack_bf16 : unpack_f32;
  unpack(rows(kv.keys), scales(kv.keys), rows(kv.values), scales(kv.values), padded, view);
  attend_panels(view, 0, origin, panels, last, block,
                scratch + KvHead::bytes(padded, half) / sizeof(float));
}

void attend(const PackedKv& kv, const AttentionBlock& block, float* scratch) {
  int32_t first[kAttentionRows] = {}, last[kAttentionRows];
  for (int r = 0; r < block.rows; ++r) last[r] = block.first_keys + (block.causal ? r : 0);
  attend(kv.head(block.head),
         {block.queries, block.rows, first, last, nullptr, block.y, block.y_stride}, scratch);
}

namespace kernels {

TUTTI_KERNEL(void, rope_head,
             (const float* x, const float* cosines, const float* sines, float scale, float* y),
             (x, cosines, sines, scale, y)) {
  for (int i = 0; i < kRopeAngles; i += lanes_of<V>) {
    const V low = load<V>(x + i) * scale, high = load<V>(x + i + kRopeAngles) * scale;
    const V c = load<V>(cosines + i), s = load<V>(sines + i);
    store(y + i, low * c - high * s);
    store(y + i + kRopeAngles, high * c + low * s);
  }
}

TUTTI_KERNEL(void, round_bf16, (const float* x, int count, uint8_t* y), (x, count, y)) {
  for (int i = 0; i < count; i += lanes_of<V>) store_bf16(y + 2 * i, load<V>(x + i));
}

TUTTI_KERNEL(void, put_queries, (ConstMatrix x, float scale, Precision precision, uint8_t* y),
             (x, scale, precision, y)) {
  for (int r = 0; r < x.rows; ++r)
    for (int c = 0; c < kHeadColumns; c += lanes_of<V>) {
      const V v = load<V>(x.row(r) + c) * scale;
      const int at = r * kHeadColumns + c;
      if (precision == Precision::bf16)
        store_bf16(y + 2 * at, v);
      else
        store(reinterpret_cast<float*>(y) + at, v);
    }
}

}  // namespace kernels
}  // namespace tutti
