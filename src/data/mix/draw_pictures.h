// Examples of pictures in and out: names, captions, paintings, mattes.
// Each function appends to `out` one example, or the two of a contrastive pair, or none where the
// drawn record does not suit; it only reads the pools.
#pragma once

#include "data/mix/example_parts.h"

namespace tutti::draw {

// Named and painted, as a pair.
void pictogram(const Pools& pools, std::vector<Example>& out, Rng& rng);
void icon(const Pools& pools, std::vector<Example>& out, Rng& rng);
void paint(const Pools& pools, std::vector<Example>& out, Rng& rng);
// Pictograms named by one English word.
void paint_plain(const Pools& pools, std::vector<Example>& out, Rng& rng);
void photo(const Pools& pools, std::vector<Example>& out, Rng& rng);
void cifar(const Pools& pools, std::vector<Example>& out, Rng& rng);
void labelled(const Pools& pools, std::vector<Example>& out, Rng& rng);
void matte(const Pools& pools, std::vector<Example>& out, Rng& rng);

}  // namespace tutti::draw
