// What attention does to queries and keys before its products.
#include <cmath>

#include "model/rope.h"
#include "runtime/kernels/elementwise.h"
#include "runtime/kernels/simd.h"

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

}  // namespace tutti::kernels
