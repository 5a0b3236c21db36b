// Small pictures for text-to-picture: everything in them is in the caption.
#pragma once

#include <map>
#include <string>

#include "base/media_types.h"
#include "base/rng.h"
#include "data/scene/library.h"

namespace tutti {

struct PaintSample {
  Picture image;  // 64x64 RGB
  std::map<std::string, std::string> captions;
};
// One or two things on a plain background; white goes without saying, other colours are said.
PaintSample make_paint(const SceneLibrary& library, Rng& rng);

}  // namespace tutti
