// The parts of attention; CpuOps::attention puts them together.
#include <cmath>

#include "model/rope.h"
#include "runtime/kernels.h"
#include "runtime/simd.h"

namespace tutti::kernels {
namespace {

using namespace simd;

static_assert(kHeadWidth == 64, "a head is four vectors of sixteen");

// Angles a unit of time, y and x, by pair. rope_angle is linear in the position, and its factors of
// two are exact, so this is rope_angle to the bit.
struct RopeRates {
  float rate[kRopePairs];

  RopeRates() {
    for (int pair = 0; pair < kRopePairs; ++pair) rate[pair] = rope_angle({1, 1, 1}, pair);
  }
};

const RopeRates kRopeRates;

// Rows x 64 sums over `count` keys, in the order of the keys.
template <int Rows>
TUTTI_INLINE void weighted_rows(const float* probabilities, int count, const float* values,
                                float* y, size_t stride) {
  v16 sums[Rows][4] = {};
  for (int key = 0; key < count; ++key)
    for (int part = 0; part < 4; ++part) {
      const v16 value = load<v16>(values + size_t(key) * kHeadWidth + 16 * part);
      for (int r = 0; r < Rows; ++r)
        sums[r][part] += probabilities[r * size_t(count) + key] * value;
    }
  for (int r = 0; r < Rows; ++r)
    for (int part = 0; part < 4; ++part) store(y + r * stride + 16 * part, sums[r][part]);
}

}  // namespace

TUTTI_KERNEL
void rope_table(const Position& position, float* cosines, float* sines) {
  float places[kRopePairs];
  for (int pair = 0; pair < kRopePairs; ++pair)
    places[pair] = pair < 16 ? position.time : pair < 24 ? position.y : position.x;
  for (int pair = 0; pair < kRopePairs; pair += 16) {
    v16 c, s;
    cos_sin(load<v16>(places + pair) * load<v16>(kRopeRates.rate + pair), c, s);
    store(cosines + pair, c);
    store(sines + pair, s);
  }
}

TUTTI_KERNEL
void rotate_head(const float* x, const float* gain, const float* cosines, const float* sines,
                 float scale, float* y) {
  const float mean = sum_of_squares(x, kHeadWidth) / float(kHeadWidth);
  scale /= std::sqrt(mean + 1e-6f);
  for (int pair = 0; pair < kRopePairs; pair += 16) {
    const v16 low = load<v16>(x + pair) * load<v16>(gain + pair) * scale;
    const v16 high = load<v16>(x + pair + 32) * load<v16>(gain + pair + 32) * scale;
    const v16 c = load<v16>(cosines + pair), s = load<v16>(sines + pair);
    store(y + pair, low * c - high * s);
    store(y + pair + 32, high * c + low * s);
  }
}

TUTTI_KERNEL
void softmax(float* logits, int count, int first, int last, const float* gains,
             const uint8_t* groups) {
  float highest = -INFINITY;
  for (int i = first; i < last; ++i) {
    logits[i] += gains[groups[i]];
    highest = logits[i] > highest ? logits[i] : highest;
  }
  v16 total = {};
  int i = first;
  for (; i + 16 <= last; i += 16) {
    const v16 e = exp(load<v16>(logits + i) - highest);
    store(logits + i, e);
    total += e;
  }
  if (i < last) {
    const v16 e = exp(load_some<v16>(logits + i, last - i) - highest);
    store_some(logits + i, e, last - i);
    total += load_some<v16>(logits + i, last - i);
  }
  const float scale = 1.0f / sum(total);
  for (int j = 0; j < first; ++j) logits[j] = 0;
  for (int j = first; j < last; ++j) logits[j] *= scale;
  for (int j = last; j < count; ++j) logits[j] = 0;
}

TUTTI_KERNEL
void weighted_values(const float* probabilities, int rows, int count, const float* values, float* y,
                     size_t stride) {
  int r = 0;
  for (; r + 4 <= rows; r += 4)
    weighted_rows<4>(probabilities + size_t(r) * count, count, values, y + r * stride, stride);
  for (; r < rows; ++r)
    weighted_rows<1>(probabilities + size_t(r) * count, count, values, y + r * stride, stride);
}

}  // namespace tutti::kernels
