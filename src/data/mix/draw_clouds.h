// Examples of clouds of points: names and captions. Appends to `out` as in draw_pictures.h.
#pragma once

#include "data/mix/example_parts.h"

namespace tutti::draw {

// A generated shape or a recorded thing, named or described, and as a pair with its name alone.
void cloud(const Pools& pools, std::vector<Example>& out, Rng& rng);

}  // namespace tutti::draw
