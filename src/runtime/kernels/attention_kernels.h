// What attention does to queries and keys before its products. As in elementwise.h.
#pragma once

#include "model/rope.h"

namespace tutti::kernels {

// cos and sin of the 32 rotary angles at a position, from its clock on.
void rope_table(const RopeRates& rates, const Position& position, float* cosines, float* sines);
// Those turned by the clock's angles too.
void add_clock(const RopeClock& clock, float* cosines, float* sines);

// Both. `clock` is set to the position's: positions that share it come one after the other.
inline void rope_table(const RopeRates& rates, const Position& position, RopeClock& clock,
                       float* cosines, float* sines) {
  rope_table(rates, position, cosines, sines);
  if (position.clock == 0) return;
  clock.set(rates, position.clock);
  add_clock(clock, cosines, sines);
}

// One head's 64 channels: RMS norm and gain, unless `gain` is null, then rotation, times `scale`.
void rotate_head(const float* x, const float* gain, const float* cosines, const float* sines,
                 float scale, float* y);

}  // namespace tutti::kernels
