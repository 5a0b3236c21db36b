// Examples of series of recorded pictures and of things made of voxels: clips, frames and views,
// with what is computed from them in words.
// Each function appends to `out` one example, or the two of a contrastive pair, or none where the
// drawn record does not suit; it only reads the pools.
#pragma once

#include "data/mix/example_parts.h"

namespace tutti::draw {

// Street or radar.
void recorded_clip(const Pools& pools, std::vector<Example>& out, Rng& rng);
// Several about one frame.
void street_questions(const Pools& pools, std::vector<Example>& out, Rng& rng);
// Voxels.
void turning_clip(const Pools& pools, std::vector<Example>& out, Rng& rng);
// A view of voxels, named like a labelled picture.
void voxel_view(const Pools& pools, std::vector<Example>& out, Rng& rng);

}  // namespace tutti::draw
