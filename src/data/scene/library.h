// What scenes are made of besides the built-in shapes: sprites, backgrounds, people cut out.
#pragma once

#include <vector>

#include "base/media_types.h"
#include "base/result.h"
#include "data/scene/words/vocabulary.h"

namespace tutti {

struct SceneLibrary {
  std::vector<Sprite> sprites;
  std::vector<Picture> backgrounds;  // RGB, any size
  std::vector<Picture> cutouts;      // RGBA people, any size
  // Which sprites may be drawn, as indices; empty: all. Held-out concepts are left out here.
  std::vector<int> allowed_sprites;
  bool shapes = true;        // draw the built-in shapes as well
  double shape_share = 0.5;  // how often a thing is a shape where both are possible
};

// Sizes and channels of every picture, names, indices. The makers below assume that it passed.
Status check_library(const SceneLibrary& library);

}  // namespace tutti
