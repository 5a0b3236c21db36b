// Changes of a spectrogram that keep what is said: other throats, speeds, rooms and microphones
// than the few that were recorded.
#pragma once

#include "base/media_types.h"
#include "base/rng.h"

namespace tutti {

// Speed by 0.78 to 1.26 and the vocal tract's length by 0.83 to 1.19 (VTLP, Jaitly and Hinton
// 2013), each in three of four sounds; in half of them a room's and a microphone's colour and ring,
// in a fifth a telephone's band; then level, grain, noise floor, and SpecAugment's masks.
Mel change_mel(const Mel& mel, Rng& rng);

// `speed` 2 halves the frames; `length` 1.1 moves everything a tenth up in frequency. Linear
// interpolation between frames and bins; {1, 1} changes nothing.
Mel warp_mel(const Mel& mel, double speed, double length);

}  // namespace tutti
