// People over backgrounds with the exact alpha, as a camera on a call might show them.
#pragma once

#include "base/media_types.h"
#include "base/rng.h"
#include "data/scene/library.h"

namespace tutti {

struct MatteSample {
  Picture image;       // 128x128 RGB
  Picture alpha;       // 128x128, 1 channel: image = person * alpha + background * (1 - alpha)
  Picture background;  // 128x128 RGB
};

// None to two of the library's cut-outs (none in one of 16, and always without cut-outs) with
// random size, flip, place, light, colour and edge blur. Uses backgrounds where there are some.
MatteSample make_matte(const SceneLibrary& library, Rng& rng);

}  // namespace tutti
