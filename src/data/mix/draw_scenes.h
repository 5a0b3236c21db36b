// Examples of generated scenes and clips, and of pictures that come with questions. A picture costs
// several times what a question about it does, so most are asked more than one. Each function
// appends to `out` one example, or the two of a contrastive pair, or none where the drawn record
// does not suit; it only reads the pools.
#pragma once

#include "data/mix/example_parts.h"

namespace tutti::draw {

// Several about one scene.
void questions(const Pools& pools, std::vector<Example>& out, Rng& rng);
void recorded_question(const Pools& pools, std::vector<Example>& out, Rng& rng);
void scene(const Pools& pools, std::vector<Example>& out, Rng& rng);
void clip(const Pools& pools, std::vector<Example>& out, Rng& rng);

}  // namespace tutti::draw
