// The one loop of every instruction set: a tile of rows x panels whose sums stay in registers from
// the first step to the epilogue. Included by kernel files alone, each compiled with its own flags;
// all of it is internal to them.
//
// A Back end says how wide its vectors are and multiplies a step:
//
//   struct Int8 {
//     static constexpr int kLanes = 16;      // sums a vector
//     static constexpr int kColumns = 4;     // products a sum a step
//     static constexpr bool kScaled = true;  // INT8: integer sums, and scales
//     static constexpr bool kOffset = true;  // takes the 128 that was added to inputs for part of
//     them static constexpr int kRows = 6, kPanels = 4;  // of a tile: kRows * kPanels * 16 sums
//     using Sum = ...;                       // vector of int32 or float
//     using Input = ...;                     // 4 bytes of a row, in every lane
//     static Input input(const uint8_t* x);  // 4 bytes
//     static void add(Sum& sum, const uint8_t* w, Input x);
//   };
#pragma once

#include "runtime/kernels/product.h"
#include "runtime/kernels/simd.h"

namespace tutti {
namespace {

using namespace simd;

// GELU without a division, for what INT8 products made: within 6.6e-5 |v| of it, a hundredth of the
// step to which a row that holds v is rounded next. v sigmoid(u) = v / 2 + |v| (sigmoid(|u|) -
// 1/2); the bracket is an odd polynomial in |v| (least greatest error) up to 3.75, and 1/2 from
// there on.
template <class V>
TUTTI_INLINE V gelu_coarse(const V& v) {
  const V size = magnitude(v), t = smaller(size, 3.75f), s = t * t;
  V p = splat<V>(4.235822753e-8f);
  p = p * s - 2.540537710e-6f;
  p = p * s + 6.560312159e-5f;
  p = p * s - 9.753271508e-4f;
  p = p * s + 9.502901237e-3f;
  p = p * s - 6.600717022e-2f;
  p = p * s + 3.986671786e-1f;
  return v * 0.5f + size * (t * p);
}

// v sigmoid(v) for what INT8 products made: within 2e-5 |v| of it. 2^x = 2^n 2^r, a polynomial in r
// (least greatest error on [-0.5, 0.5]), and n into the exponent.
template <class V>
TUTTI_INLINE V silu_coarse(const V& v) {
  const V x = smaller(magnitude(v), 80.0f) * 1.44269504f;
  const V shifted = 12582912.0f - x;  // 1.5 * 2^23: the low bits are n
  const V r = (12582912.0f - shifted) - x;
  const V p = ((r * 0.05517167f + 0.24261112f) * r + 0.69326099f) * r + 0.99992807f;
  const V e = from_bits<V>(bits_of(p) + (bits_of(shifted) << 23));  // e^-|v|
  return (v > 0.0f ? v : v * e) / (e + 1.0f);
}

template <class B, class V>
TUTTI_INLINE V activate(Activation activation, const V& v) {
  if (activation == Activation::relu2) {
    const V positive = v > 0.0f ? v : V{};
    return positive * positive;
  }
  if (activation == Activation::gelu || activation == Activation::geglu) {
    if constexpr (B::kScaled) return gelu_coarse(v);
    return v / (1.0f + exp(-1.5957691f * (v + 0.044715f * v * v * v)));
  }
  if constexpr (B::kScaled) return silu_coarse(v);
  return v / (1.0f + exp(-v));  // silu, and the gate of swiglu
}

// Scale and bias of one vector of columns, read once for all rows of a tile.
template <class B>
struct Scaling {
  using V = typename Lanes<B::kLanes>::vector;
  V scale = {}, bias = {};

  // Lane `lane` of the block's panels on, of which `left` are columns.
  TUTTI_INLINE Scaling at(const Product& p, int lane, int left) {
    Scaling s;
    if constexpr (B::kScaled) s.scale = load<V>(p.w_scales + lane);
    if (!p.epilogue.bias) return s;
    const float* bias = p.epilogue.bias + p.first_column + lane;
    s.bias = left >= B::kLanes ? load<V>(bias) : load_some<V>(bias, left);
    return s;
  }
  TUTTI_INLINE V apply(const Scaling& s, const typename B::Sum& sum, const float* x_scale) {
    if constexpr (B::kScaled)
      return __builtin_convertvector(sum, V) * (s.scale * *x_scale) + s.bias;
    else
      return (V)sum + s.bias;
  }
};

// One vector of columns of all rows of a tile, from sums to memory. `up` is a gated activation's
// other half. kWhole: all lanes are columns. The product comes by value: through a reference, every
// store could change it.
template <class B, bool kWhole>
TUTTI_INLINE void finish_columns(const Product p, int row, int rows, int lane, int column,
                                 const typename B::Sum* sums, const typename B::Sum* up,
                                 int pitch) {
  using V = typename Lanes<B::kLanes>::vector;
  const Epilogue& e = p.epilogue;
  const int count = kWhole ? B::kLanes : p.columns - column;
  const int paired_lane = lane + 16;
  const auto scaling = Scaling<B>::at(p, lane, count);
  const auto paired = up ? Scaling<B>::at(p, paired_lane, count) : scaling;
  const auto at = [&](const float* from) __attribute__((always_inline)) {
    return kWhole ? load<V>(from) : load_some<V>(from, count);
  };
  for (int r = row; r < row + rows; ++r, sums += pitch) {
    const int whole_row = p.first_row + r, whole_column = p.first_column + column;
    V v = Scaling<B>::apply(scaling, *sums, p.x_scales + r);
    if (e.activation != Activation::none) v = activate<B>(e.activation, v);
    if (up) {
      v *= Scaling<B>::apply(paired, *up, p.x_scales + r);
      up += pitch;
    }
    if (e.modulation && whole_row >= e.first_modulated) {
      const int level = e.modulation_index[whole_row - e.first_modulated];
      v *= at(e.modulation + size_t(level) * e.modulation_stride + whole_column) + 1.0f;
    }
    if (e.gate) v *= e.gate[size_t(whole_row) * e.gate_stride];
    if (e.residual) v += at(e.residual + size_t(whole_row) * e.residual_stride + whole_column);
    if (kWhole)
      store(p.y + size_t(r) * p.y_stride + column, v);
    else
      store_some(p.y + size_t(r) * p.y_stride + column, v, count);
  }
}

// sums: R x (P panels of vectors).
template <class B>
TUTTI_INLINE void finish_vectors(const Product& p, int row, int rows, int panel, int panels,
                                 const typename B::Sum* sums) {
  constexpr int kVectors = 16 / B::kLanes;
  const bool gated = is_gated(p.epilogue.activation);
  const int pitch = panels * kVectors;
  for (int v = 0; v < pitch; ++v) {
    const int lane = panel * 16 + v * B::kLanes;
    if (gated && v / kVectors % 2 == 1) continue;
    const int column = gated ? panel * 8 + v / kVectors * 8 + v % kVectors * B::kLanes : lane;
    const typename B::Sum* up = gated ? sums + v + kVectors : nullptr;
    if (column + B::kLanes <= p.columns)
      finish_columns<B, true>(p, row, rows, lane, column, sums + v, up, pitch);
    else if (column < p.columns)
      finish_columns<B, false>(p, row, rows, lane, column, sums + v, up, pitch);
  }
}

// The same where an epilogue has nothing but `only`: known here, so the compiler leaves out the
// rest.
template <class B>
TUTTI_INLINE void finish_only(const Product& p, const Epilogue& only, int row, int rows, int panel,
                              int panels, const typename B::Sum* sums) {
  Product q = p;
  q.epilogue = only;
  finish_vectors<B>(q, row, rows, panel, panels, sums);
}

// Its own function, once a back end: unrolled into every tile it would be most of the program. The
// epilogues that are used most have loops of their own.
template <class B>
__attribute__((noinline)) void finish_tile(const Product& p, int row, int rows, int panel,
                                           int panels, const typename B::Sum* sums) {
  const Epilogue& e = p.epilogue;
  const bool bare = !e.bias && !e.modulation && !e.gate;
  Epilogue only;
  if (bare && !e.residual && e.activation == Activation::none)
    return finish_only<B>(p, only, row, rows, panel, panels, sums);
  if (bare && !e.residual && e.activation == Activation::gelu) {
    only.activation = Activation::gelu;
    return finish_only<B>(p, only, row, rows, panel, panels, sums);
  }
  if (bare && !e.residual && e.activation == Activation::relu2) {
    only.activation = Activation::relu2;
    return finish_only<B>(p, only, row, rows, panel, panels, sums);
  }
  if (bare && !e.residual && e.activation == Activation::swiglu) {
    only.activation = Activation::swiglu;
    return finish_only<B>(p, only, row, rows, panel, panels, sums);
  }
  if (bare && e.residual && e.activation == Activation::none) {
    only.residual = e.residual, only.residual_stride = e.residual_stride;
    return finish_only<B>(p, only, row, rows, panel, panels, sums);
  }
  finish_vectors<B>(p, row, rows, panel, panels, sums);
}

// A tile of attention's two products, from registers to memory: within y, and nothing but a gate.
// INT8 gains nothing from it. Whether it was one.
template <class B, int R, int P>
TUTTI_INLINE bool finish_at_once(const Product& p, int row, int panel,
                                 const typename B::Sum (&sums)[R][P * (16 / B::kLanes)]) {
  using V = typename Lanes<B::kLanes>::vector;
  const Epilogue& e = p.epilogue;
  if (e.activation != Activation::none || e.bias || e.modulation || e.residual ||
      (panel + P) * 16 > p.columns)
    return false;
  float* y = p.y + size_t(row) * p.y_stride + panel * 16;
  for (int r = 0; r < R; ++r, y += p.y_stride) {
    const float gate = e.gate ? e.gate[size_t(p.first_row + row + r) * e.gate_stride] : 1.0f;
    for (int v = 0; v < P * 16 / B::kLanes; ++v) store(y + v * B::kLanes, (V)sums[r][v] * gate);
  }
  return true;
}

// A single row is bound by memory, and a processor's own prefetching ends at each page: 32 steps
// ahead, into the second-level cache, reading is 1.2 times as fast (43 against 34 GB/s, 2 cores).
constexpr int kStepsAhead = 32;

// What a tile fetches for later, a few lines before each kStepsBetween steps: `lines` of 64 bytes
// from `from` on into the second-level cache, and those of y where its own results will go, a row
// at a time, for a store that waits for its line would stall the next tile.
struct Ahead {
  const uint8_t* from;
  int64_t lines;
};
constexpr int64_t kStepsBetween = 16;

// Adds `steps` steps to R x (P panels of vectors) sums. With kStay every step is the first one: the
// loop without its memory, which measures the processor's ceiling.
template <class B, int R, int P, bool kStay = false>
TUTTI_INLINE void accumulate(const uint8_t* x, size_t x_stride, const uint8_t* w,
                             size_t panel_bytes, int64_t steps,
                             typename B::Sum (&sums)[R][P * (16 / B::kLanes)]) {
  constexpr int kVectors = 16 / B::kLanes;
  for (int64_t step = 0; step < steps; ++step) {
    if constexpr (kStay) asm volatile("" : "+r"(x), "+r"(w));  // or it would be computed once
    if constexpr (R == 1 && !kStay) {
      // Past the end of a panel, where the next tile begins.
      const size_t jump = step + kStepsAhead < steps ? 0 : P * panel_bytes - size_t(steps) * 64;
      for (int q = 0; q < P; ++q)
        __builtin_prefetch(w + q * panel_bytes + kStepsAhead * 64 + jump, 0, 2);
    }
    for (int r = 0; r < R; ++r) {
      const typename B::Input input = B::input(x + r * x_stride);
      for (int v = 0; v < P * kVectors; ++v)
        B::add(sums[r][v], w + v / kVectors * panel_bytes + v % kVectors * (4 * B::kLanes), input);
    }
    if constexpr (!kStay) x += 4, w += 64;
  }
}

// The same, and fetches what is ahead.
template <class B, int R, int P>
TUTTI_INLINE void accumulate_ahead(const uint8_t* x, size_t x_stride, const uint8_t* w,
                                   size_t panel_bytes, int64_t steps, Ahead ahead, const float* y,
                                   size_t y_stride,
                                   typename B::Sum (&sums)[R][P * (16 / B::kLanes)]) {
  const int64_t each = (ahead.lines * kStepsBetween + steps - 1) / steps;
  for (int64_t step = 0; step < steps; step += kStepsBetween) {
    for (int64_t i = 0; i < each; ++i, ahead.from += 64) __builtin_prefetch(ahead.from, 0, 2);
    if (step < R * kStepsBetween) {
      for (int q = 0; q < P; ++q) __builtin_prefetch(y + q * 16, 1);
      y += y_stride;
    }
    accumulate<B, R, P>(x + step * 4, x_stride, w + step * 64, panel_bytes,
                        steps - step < kStepsBetween ? steps - step : kStepsBetween, sums);
  }
}

// Rows [row, row + R) times panels [panel, panel + P).
template <class B, int R, int P>
TUTTI_INLINE void tile(const Product& p, int row, int panel, Ahead ahead = {}) {
  constexpr int kVectors = 16 / B::kLanes;
  using Sum = typename B::Sum;
  Sum sums[R][P * kVectors];
  for (int v = 0; v < P * kVectors; ++v) {
    Sum first = {};
    if constexpr (B::kOffset)
      std::memcpy(&first, p.offsets + panel * 16 + v * B::kLanes, sizeof first);
    for (int r = 0; r < R; ++r) sums[r][v] = first;
  }
  const uint8_t *x = p.x + size_t(row) * p.x_stride, *w = p.weights + panel * p.panel_bytes;
  if constexpr (R == B::kRows)
    accumulate_ahead<B, R, P>(x, p.x_stride, w, p.panel_bytes, p.steps, ahead,
                              p.y + size_t(row) * p.y_stride + panel * 16, p.y_stride, sums);
  else
    accumulate<B, R, P>(x, p.x_stride, w, p.panel_bytes, p.steps, sums);
  if constexpr (!B::kScaled && R >= B::kRows)
    if (finish_at_once<B, R, P>(p, row, panel, sums)) return;
  Sum done[R * P * kVectors];
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < P * kVectors; ++v) done[r * P * kVectors + v] = sums[r][v];
  finish_tile<B>(p, row, R, panel, P, done);
}

// The last `rows` rows, fewer than a tile has.
template <class B, int R, int P>
TUTTI_INLINE void rest_of_rows(const Product& p, int row, int rows, int panel) {
  if constexpr (R > 0) {
    if (rows == R) return tile<B, R, P>(p, row, panel);
    rest_of_rows<B, R - 1, P>(p, row, rows, panel);
  }
}

// All rows times P panels at a time, then half as many.
template <class B, int P>
TUTTI_INLINE void panels_of_tiles(const Product& p, int panel) {
  for (; panel + P <= p.panels; panel += P) {
    int row = 0;
    // The next panels come from far away, and these are read by several tiles: time to fetch them.
    const int64_t lines = (panel + 2 * P <= p.panels ? P : 0) * (p.panel_bytes / 64);
    const int64_t each = p.rows < B::kRows ? 0 : lines / (p.rows / B::kRows) + 1;
    Ahead ahead = {p.weights + (panel + P) * p.panel_bytes, each};
    for (; row + B::kRows <= p.rows; row += B::kRows, ahead.from += each * 64)
      tile<B, B::kRows, P>(p, row, panel, ahead);
    rest_of_rows<B, B::kRows - 1, P>(p, row, p.rows - row, panel);
  }
  if constexpr (P > 1) panels_of_tiles<B, P / 2>(p, panel);
}

template <class B>
TUTTI_INLINE void multiply(const Product& p) {
  panels_of_tiles<B, B::kPanels>(p, 0);
}

template <class B>
int64_t ceiling(int64_t steps) {
  constexpr int R = B::kRows, P = B::kPanels, kVectors = 16 / B::kLanes;
  alignas(64) uint8_t operands[64 * (P + 1)] = {};
  using Sum = typename B::Sum;
  Sum sums[R][P * kVectors], done[R * P * kVectors];
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < P * kVectors; ++v) sums[r][v] = Sum{};
  accumulate<B, R, P, true>(operands + 64 * P, 4, operands, 64, steps, sums);
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < P * kVectors; ++v) done[r * P * kVectors + v] = sums[r][v];
  asm volatile("" ::"r"(done) : "memory");
  return steps * (R * P * 16) * B::kColumns * 2;
}

}  // namespace
}  // namespace tutti
