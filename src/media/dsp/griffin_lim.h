// A vocoder without weights: the baseline that a learned one has to beat.
// Fast Griffin-Lim (Perraudin, Balazs and Sondergaard 2013) over magnitudes found from the mel by
// non-negative least squares (multiplicative updates, Lee and Seung 2001).
#pragma once

#include <cstdint>
#include <vector>

#include "base/media_types.h"
#include "base/result.h"

namespace tutti {

struct GriffinLimOptions {
  int iterations = 48;     // 32 are enough to understand speech, beyond 60 nothing is gained
  float momentum = 0.99f;  // 0 is the plain algorithm of 1984
  uint32_t seed = 1;       // of the first phases; the same seed gives the same samples
};

// frames * 257 magnitudes whose mel is nearest to `mel`.
std::vector<float> mel_to_magnitudes(const Mel& mel);

// 16 kHz, 160 samples a frame. Takes about 50 ms per second of sound on one core. Refuses a mel
// that has not 80 bins.
Result<Sound> griffin_lim(const Mel& mel, const GriffinLimOptions& options = {});

}  // namespace tutti
