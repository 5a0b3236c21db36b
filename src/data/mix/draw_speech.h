// Examples of sound in and out, and of text alone.
// Each function appends to `out` one example, or the two of a contrastive pair, or none where the
// drawn record does not suit; it only reads the pools.
#pragma once

#include "data/mix/example_parts.h"

namespace tutti::draw {

void digit(const Pools& pools, std::vector<Example>& out, Rng& rng);
void command(const Pools& pools, std::vector<Example>& out, Rng& rng);
void recorded(const Pools& pools, std::vector<Example>& out, Rng& rng);
void synthetic(const Pools& pools, std::vector<Example>& out, Rng& rng);
// For the CTC head alone: half the work.
void spelled(const Pools& pools, std::vector<Example>& out, Rng& rng);
void sound(const Pools& pools, std::vector<Example>& out, Rng& rng);
void speak(const Pools& pools, std::vector<Example>& out, Rng& rng);
void speech_to_picture(const Pools& pools, std::vector<Example>& out, Rng& rng);
void text(const Pools& pools, std::vector<Example>& out, Rng& rng);
void vocoder(const Pools& pools, std::vector<Example>& out, Rng& rng);

}  // namespace tutti::draw
