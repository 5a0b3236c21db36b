#include "data/scene/paint.h"

#include "data/scene/backdrop.h"
#include "data/scene/shapes.h"
#include "data/scene/thing.h"
#include "data/scene/words/phrases.h"

namespace tutti {
namespace {

constexpr int kPaintSide = 64;

void draw_at(const SceneLibrary& library, const Thing& thing, double x, double y, int size,
             Picture& image, Rng& rng) {
  Rgb paint;
  const Stamp stamp = thing_stamp(library, thing, size, rng, &paint);
  Pose pose;
  // Whole pixels around the centre: the same words give nearly the same picture.
  pose.x = x + (stamp.width() % 2) * 0.5;
  pose.y = y + (stamp.height() % 2) * 0.5;
  draw_stamp(image, stamp, pose);
}

}  // namespace

PaintSample make_paint(const SceneLibrary& library, Rng& rng) {
  constexpr int kWhite = kColourCount - 1;
  const bool two = rng.below(3) == 0;
  const std::vector<Thing> things = pick_things(library, two ? 2 : 1, rng);
  bool any_white = false;
  for (const Thing& thing : things) any_white |= thing.term.colour == kWhite;
  const bool said = any_white || rng.below(2) == 1;
  const int ground = said ? pick_plain_colour(things, rng) : kWhite;
  const bool mentioned = ground != kWhite;
  PaintSample sample;
  sample.image = filled_picture(kPaintSide, named_colour(ground));
  const bool vertical = rng.below(2) == 1;
  if (two) {
    for (int i = 0; i < 2; ++i) {
      const double along = i ? 48 : 16;
      const int size = 24 + rng.below(6);
      draw_at(library, things[i], vertical ? 32 : along, vertical ? along : 32, size, sample.image,
              rng);
    }
  } else {
    draw_at(library, things[0], 32, 32, 44 + rng.below(9), sample.image, rng);
  }
  std::vector<Term> terms;
  for (const Thing& thing : things) terms.push_back(thing.term);
  for_languages(terms, [&](Language language) {
    const Relation relation = vertical ? Relation::above : Relation::left;
    std::string text = two ? caption_relation(language, relation, terms[0], terms[1])
                           : caption_list(language, {{1, terms[0]}});
    if (mentioned) text = caption_on_colour(language, text, ground);
    sample.captions[language_code(language)] = text;
  });
  return sample;
}

}  // namespace tutti
