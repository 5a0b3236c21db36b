// Short clips of things that move, with what happens in words and exact boxes.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "base/media_types.h"
#include "base/rng.h"
#include "data/scene/library.h"
#include "data/scene/words/phrases.h"
#include "media/picture/raster.h"

namespace tutti {

struct ClipObject {
  std::string name;    // English
  std::string colour;  // English; empty for sprites
  Action action = Action::still;
  std::array<Box, kClipFrames> boxes;  // empty where it is not to be seen
};

struct ClipSample {
  Clip clip;                                // 16 frames of 128x128 RGB, 16 frames a second
  std::vector<ClipObject> objects;          // far to near
  std::vector<std::vector<Picture>> masks;  // [frame][object], visible share; empty unless asked
  std::map<std::string, std::string> captions;  // language -> text
  std::vector<QuestionAnswer> questions;        // kinds direction, action, actor: see scene.h
};

// One or two things; the first acts (uniform over ten actions), the second acts otherwise or stays.
ClipSample make_clip(const SceneLibrary& library, Rng& rng, bool with_masks = false);

}  // namespace tutti
