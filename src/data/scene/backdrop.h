// Backgrounds of scenes, clips and mattes. Internal to the folder.
#pragma once

#include <vector>

#include "base/rng.h"
#include "data/scene/library.h"
#include "data/scene/thing.h"
#include "media/picture/raster.h"

namespace tutti {

Picture filled_picture(int side, Rgb colour);
// A random crop of one of the pictures, mirrored half of the time.
Picture photo_backdrop(const std::vector<Picture>& photos, int side, Rng& rng);
// A photograph (two of five, where there are some), one colour, a gradient, clouds or grain. All
// but photographs keep away from the colours of the things, or shapes would vanish on them.
Picture make_backdrop(const SceneLibrary& library, int side, const std::vector<Thing>& things,
                      Rng& rng);
// One of the named colours, well apart from those of the things.
int pick_plain_colour(const std::vector<Thing>& things, Rng& rng);

}  // namespace tutti
