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
//     them static constexpr int kRows = 12, kPanels = 2;  // of a tile: kRows * kPanels * 16 sums
//     using Sum = ...;                       // vector of int32 or float
//     using Input = ...;                     // 4 bytes of a row, in every lane
//     static Input input(const uint8_t* x);  // 4 bytes
//     static void add(Sum& sum, const uint8_t* w, Input x);
//   };
#pragma once

#include "runtime/linear/product.h"
#include "runtime/simd.h"

namespace tutti {
namespace {

using namespace simd;

template <class V>
TUTTI_INLINE V activate(Activation activation, const V& v) {
  if (activation == Activation::relu2) {
    const V positive = v > 0.0f ? v : V{};
    return positive * positive;
  }
  if (activation == Activation::silu) return v / (1.0f + exp(-v));
  return v;
}

// The first `count` bytes of 128 + round(v * inverse_scale). A float plus 1.5 * 2^23 holds the
// rounded value in its low bits.
template <int W>
TUTTI_INLINE void store_bytes(uint8_t* out, typename Lanes<W>::vector v, float inverse_scale) {
  using V = typename Lanes<W>::vector;
  typedef uint8_t bytes __attribute__((vector_size(W)));
  v = v * inverse_scale;
  v = v > -127.0f ? v : V{} - 127.0f;
  v = v < 127.0f ? v : V{} + 127.0f;
  v += 12582912.0f;
  typename Lanes<W>::integers bits;
  std::memcpy(&bits, &v, sizeof bits);
  const bytes low = __builtin_convertvector((bits & 255) ^ 128, bytes);
  std::memcpy(out, &low, sizeof low);
}

// One vector of results: `row` and `column` count within the block.
template <int W>
TUTTI_INLINE void finish(const Product& p, int row, int column, typename Lanes<W>::vector v) {
  using V = typename Lanes<W>::vector;
  const Epilogue& e = p.epilogue;
  const int left = p.columns - column;
  if (left <= 0) return;
  const int count = left < W ? left : W;
  const int whole_row = p.first_row + row, whole_column = p.first_column + column;
  const auto at = [&](const float* from) __attribute__((always_inline)) {
    return count == W ? load<V>(from) : load_some<V>(from, count);
  };
  if (e.modulation && whole_row >= e.first_modulated) {
    const int level = e.modulation_index[whole_row - e.first_modulated];
    v *= at(e.modulation + size_t(level) * e.modulation_stride + whole_column) + 1.0f;
  }
  if (e.gate) v *= e.gate[size_t(whole_row) * e.gate_stride];
  if (e.residual) v += at(e.residual + size_t(whole_row) * e.residual_stride + whole_column);
  if (p.bytes)
    store_bytes<W>(p.bytes + size_t(row) * p.bytes_stride + column, v, p.inverse_scale);
  else if (count == W)
    store(p.y + size_t(row) * p.y_stride + column, v);
  else
    store_some(p.y + size_t(row) * p.y_stride + column, v, count);
}

// Lane `lane` of the block's panels on: scale and bias.
template <class B>
TUTTI_INLINE typename Lanes<B::kLanes>::vector scaled(const Product& p, int row, int lane,
                                                      const typename B::Sum& sum) {
  using V = typename Lanes<B::kLanes>::vector;
  V value;
  if constexpr (B::kScaled) {
    typename Lanes<B::kLanes>::integers integers;
    std::memcpy(&integers, &sum, sizeof integers);
    value = __builtin_convertvector(integers, V) * (load<V>(p.w_scales + lane) * p.x_scales[row]);
  } else {
    std::memcpy(&value, &sum, sizeof value);
  }
  const int left = p.columns - lane;
  if (p.epilogue.bias && left > 0) {
    const float* bias = p.epilogue.bias + p.first_column + lane;
    value += left >= B::kLanes ? load<V>(bias) : load_some<V>(bias, left);
  }
  return value;
}

// sums: R x (P panels of vectors). Its own function, once a back end: unrolled into every tile it
// would be most of the program.
template <class B>
__attribute__((noinline)) void finish_tile(const Product& p, int row, int rows, int panel,
                                           int panels, const typename B::Sum* sums) {
  constexpr int kVectors = 16 / B::kLanes;
  for (int r = row; r < row + rows; ++r, sums += panels * kVectors)
    if (p.epilogue.activation == Activation::swiglu) {
      for (int v = 0; v < panels / 2 * kVectors; ++v) {
        const int gate = v / kVectors * 2, lane = v % kVectors * B::kLanes;
        const auto opening =
            scaled<B>(p, r, (panel + gate) * 16 + lane, sums[gate * kVectors + v % kVectors]);
        const auto value = scaled<B>(p, r, (panel + gate + 1) * 16 + lane,
                                     sums[(gate + 1) * kVectors + v % kVectors]);
        finish<B::kLanes>(p, r, (panel + gate) * 8 + lane,
                          activate(Activation::silu, opening) * value);
      }
    } else {
      for (int v = 0; v < panels * kVectors; ++v) {
        const int lane = panel * 16 + v * B::kLanes;
        finish<B::kLanes>(p, r, lane,
                          activate(p.epilogue.activation, scaled<B>(p, r, lane, sums[v])));
      }
    }
}

// Adds `steps` steps to R x (P panels of vectors) sums. With kStay every step is the first one: the
// loop without its memory, which measures the processor's ceiling.
template <class B, int R, int P, bool kStay = false>
TUTTI_INLINE void accumulate(const uint8_t* x, size_t x_stride, const uint8_t* w,
                             size_t panel_bytes, int64_t steps,
                             typename B::Sum (&sums)[R][P * (16 / B::kLanes)]) {
  constexpr int kVectors = 16 / B::kLanes;
  for (int64_t step = 0; step < steps; ++step) {
    if constexpr (kStay) asm volatile("" : "+r"(x), "+r"(w));  // or it would be computed once
    for (int r = 0; r < R; ++r) {
      const typename B::Input input = B::input(x + r * x_stride);
      for (int v = 0; v < P * kVectors; ++v)
        B::add(sums[r][v], w + v / kVectors * panel_bytes + v % kVectors * (4 * B::kLanes), input);
    }
    if constexpr (!kStay) x += 4, w += 64;
  }
}

// Rows [row, row + R) times panels [panel, panel + P).
template <class B, int R, int P>
TUTTI_INLINE void tile(const Product& p, int row, int panel) {
  constexpr int kVectors = 16 / B::kLanes;
  using Sum = typename B::Sum;
  Sum sums[R][P * kVectors];
  for (int v = 0; v < P * kVectors; ++v) {
    Sum first = {};
    if constexpr (B::kOffset)
      std::memcpy(&first, p.offsets + panel * 16 + v * B::kLanes, sizeof first);
    for (int r = 0; r < R; ++r) sums[r][v] = first;
  }
  const size_t panel_bytes = size_t(p.steps) * 64;
  accumulate<B, R, P>(p.x + size_t(row) * p.x_stride, p.x_stride, p.weights + panel * panel_bytes,
                      panel_bytes, p.steps, sums);
  Sum done[R * P * kVectors];
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < P * kVectors; ++v) done[r * P * kVectors + v] = sums[r][v];
  finish_tile<B>(p, row, R, panel, P, done);
}

// All rows times P panels; a rest of rows in tiles of half the size and so on.
template <class B, int R, int P>
TUTTI_INLINE void rows_of_tiles(const Product& p, int row, int panel) {
  for (; row + R <= p.rows; row += R) tile<B, R, P>(p, row, panel);
  if constexpr (R > 1) rows_of_tiles<B, R / 2, P>(p, row, panel);
}

template <class B>
TUTTI_INLINE void multiply(const Product& p) {
  int panel = 0;
  for (; panel + B::kPanels <= p.panels; panel += B::kPanels)
    rows_of_tiles<B, B::kRows, B::kPanels>(p, 0, panel);
  if constexpr (B::kPanels > 1)
    for (; panel < p.panels; ++panel) rows_of_tiles<B, B::kRows, 1>(p, 0, panel);
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
