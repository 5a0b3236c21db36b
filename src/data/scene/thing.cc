#include "data/scene/thing.h"

#include <algorithm>

#include "data/scene/shapes.h"
#include "data/scene/words/english.h"

namespace tutti {
namespace {

Thing random_shape(Rng& rng) {
  Thing thing;
  thing.term.shape = rng.below(kShapeCount);
  thing.term.colour = rng.below(kColourCount);
  return thing;
}

Thing random_thing(const SceneLibrary& library, Rng& rng) {
  const bool any_sprite = !library.sprites.empty();
  if (!any_sprite || (library.shapes && rng.uniform() < library.shape_share)) {
    return random_shape(rng);
  }
  Thing thing;
  thing.sprite = library.allowed_sprites.empty()
                     ? rng.below(int(library.sprites.size()))
                     : library.allowed_sprites[rng.below(int(library.allowed_sprites.size()))];
  thing.term.sprite = &library.sprites[thing.sprite];
  return thing;
}

}  // namespace

std::string thing_name(const Term& term) {
  return term.sprite ? term.sprite->name_en : shape_name(term.shape);
}

Stamp thing_stamp(const SceneLibrary& library, const Thing& thing, int size, Rng& rng, Rgb* paint) {
  if (thing.sprite < 0) {
    *paint = shade_of(thing.term.colour, rng);
    return shape_stamp(thing.term.shape, *paint, size);
  }
  const Picture& rgba = library.sprites[thing.sprite].rgba;
  return Stamp(premultiply(rgba, bounds_of(rgba, 16), rng.below(4) == 0), size);
}

std::vector<Thing> pick_things(const SceneLibrary& library, int count, Rng& rng) {
  std::vector<Thing> things;
  for (int attempt = 0; int(things.size()) < count && attempt < 64; ++attempt) {
    const Thing thing = random_thing(library, rng);
    const bool clash = std::any_of(things.begin(), things.end(), [&](const Thing& other) {
      return names_clash(thing_name(thing.term), thing_name(other.term));
    });
    if (!clash) things.push_back(thing);
  }
  // Too few distinct names in the library: shapes fill up.
  for (int shape = 0; int(things.size()) < count && shape < kShapeCount; ++shape) {
    Thing thing = random_shape(rng);
    thing.term.shape = shape;
    const bool clash = std::any_of(things.begin(), things.end(), [&](const Thing& other) {
      return names_clash(shape_name(shape), thing_name(other.term));
    });
    if (!clash) things.push_back(thing);
  }
  // A name that holds those of all shapes lets nothing stand beside it.
  return int(things.size()) == count ? things : pick_shapes(count, false, rng);
}

std::vector<Thing> pick_shapes(int count, bool distinct_colours, Rng& rng) {
  std::vector<Thing> things;
  while (int(things.size()) < count) {
    const Thing thing = random_shape(rng);
    const bool taken = std::any_of(things.begin(), things.end(), [&](const Thing& other) {
      return other.term.shape == thing.term.shape ||
             (distinct_colours && other.term.colour == thing.term.colour);
    });
    if (!taken) things.push_back(thing);
  }
  return things;
}

}  // namespace tutti
