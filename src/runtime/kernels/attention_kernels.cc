// What attention does to queries and keys before its products.
#include "runtime/kernels/attention_kernels.h"

#include <cmath>

#include "model/rope.h"
#include "runtime/kernels/simd.h"

namespace tutti::kernels {
namespace {

using namespace simd;

static_assert(kHeadWidth == 64, "a head is four vectors of sixteen");

}  // namespace

TUTTI_KERNEL
void rope_table(const RopeRates& rates, const Position& position, float* cosines, float* sines) {
  float places[kRopePairs];
  for (int pair = 0; pair < kRopePairs; ++pair) places[pair] = rates.coordinate(position, pair);
  for (int pair = 0; pair < kRopePairs; pair += 16) {
    v16 c, s;
    cos_sin(load<v16>(places + pair) * load<v16>(rates.rate.data() + pair), c, s);
    store(cosines + pair, c);
    store(sines + pair, s);
  }
}

// cos(a + b) and sin(a + b).
TUTTI_KERNEL
void add_clock(const RopeClock& clock, float* cosines, float* sines) {
  for (int pair = 0; pair < kRopePairs; pair += 16) {
    const v16 c = load<v16>(cosines + pair), s = load<v16>(sines + pair);
    const v16 clock_c = load<v16>(clock.cosines.data() + pair);
    const v16 clock_s = load<v16>(clock.sines.data() + pair);
    store(cosines + pair, c * clock_c - s * clock_s);
    store(sines + pair, s * clock_c + c * clock_s);
  }
}

TUTTI_KERNEL
void rotate_head(const float* x, const float* gain, const float* cosines, const float* sines,
                 float scale, float* y) {
  if (gain) {
    const float mean = sum_of_squares(x, kHeadWidth) / float(kHeadWidth);
    scale /= std::sqrt(mean + 1e-6f);
  }
  const v16 ones = v16{} + 1.0f;
  for (int pair = 0; pair < kRopePairs; pair += 16) {
    const v16 low_gain = gain ? load<v16>(gain + pair) : ones;
    const v16 high_gain = gain ? load<v16>(gain + pair + 32) : ones;
    const v16 low = load<v16>(x + pair) * low_gain * scale;
    const v16 high = load<v16>(x + pair + 32) * high_gain * scale;
    const v16 c = load<v16>(cosines + pair), s = load<v16>(sines + pair);
    store(y + pair, low * c - high * s);
    store(y + pair + 32, high * c + low * s);
  }
}

}  // namespace tutti::kernels
