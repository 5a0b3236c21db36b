// Choosing what a scene shows: a sprite of the library or a built-in shape. Internal to the folder.
#pragma once

#include <string>
#include <vector>

#include "base/rng.h"
#include "data/scene/library.h"
#include "media/picture/raster.h"

namespace tutti {

// A thing chosen for a scene: its words and, once drawn, its look.
struct Thing {
  Term term;
  int sprite = -1;  // index into the library
};

std::string thing_name(const Term& term);
// The look of a thing: sprites are mirrored now and then, shapes take a shade of their colour.
Stamp thing_stamp(const SceneLibrary& library, const Thing& thing, int size, Rng& rng, Rgb* paint);
// `count` things whose names do not clash.
std::vector<Thing> pick_things(const SceneLibrary& library, int count, Rng& rng);
std::vector<Thing> pick_shapes(int count, bool distinct_colours, Rng& rng);
// Runs `say` in every language that has a name for all terms.
template <class Say>
void for_languages(const std::vector<Term>& terms, Say say) {
  for (Language language : kLanguages) {
    if (speaks(language, terms)) say(language);
  }
}

}  // namespace tutti
