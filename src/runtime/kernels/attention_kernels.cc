// What attention does to queries and keys before its products.
#include "runtime/kernels/attention_kernels.h"

#include <cmath>

#include "model/rope.h"
#include "runtime/kernels/kernel.h"

namespace tutti::kernels {
namespace {

using namespace simd;

static_assert(kHeadWidth == 64, "a head is four vectors of sixteen");

}  // namespace

TUTTI_KERNEL(void, rope_table,
             (const RopeRates& rates, const Position& position, float* cosines, float* sines),
             (rates, position, cosines, sines)) {
  float places[kRopePairs];
  for (int pair = 0; pair < kRopePairs; ++pair) places[pair] = rates.coordinate(position, pair);
  using Half =
      typename Lanes<lanes_of<V> == 4 ? 4 : lanes_of<V> / 2>::vector;  // doubles are twice as wide
  for (int pair = 0; pair < kRopePairs; pair += lanes_of<Half>) {
    Half c, s;
    cos_sin(load<Half>(places + pair) * load<Half>(rates.rate.data() + pair), c, s);
    store(cosines + pair, c);
    store(sines + pair, s);
  }
}

// cos(a + b) and sin(a + b).
TUTTI_KERNEL(void, add_clock, (const RopeClock& clock, float* cosines, float* sines),
             (clock, cosines, sines)) {
  for (int pair = 0; pair < kRopePairs; pair += lanes_of<V>) {
    const V c = load<V>(cosines + pair), s = load<V>(sines + pair);
    const V clock_c = load<V>(clock.cosines.data() + pair);
    const V clock_s = load<V>(clock.sines.data() + pair);
    store(cosines + pair, c * clock_c - s * clock_s);
    store(sines + pair, s * clock_c + c * clock_s);
  }
}

TUTTI_KERNEL(void, rotate_head,
             (const float* x, const float* gain, const float* cosines, const float* sines,
              float scale, float* y),
             (x, gain, cosines, sines, scale, y)) {
  if (gain) {
    const float mean = sum_of_squares<V>(x, kHeadWidth) / float(kHeadWidth);
    scale /= std::sqrt(mean + 1e-6f);
  }
  const V ones = V{} + 1.0f;
  for (int pair = 0; pair < kRopePairs; pair += lanes_of<V>) {
    const V low_gain = gain ? load<V>(gain + pair) : ones;
    const V high_gain = gain ? load<V>(gain + pair + 32) : ones;
    const V low = load<V>(x + pair) * low_gain * scale;
    const V high = load<V>(x + pair + 32) * high_gain * scale;
    const V c = load<V>(cosines + pair), s = load<V>(sines + pair);
    store(y + pair, low * c - high * s);
    store(y + pair + 32, high * c + low * s);
  }
}

}  // namespace tutti::kernels
