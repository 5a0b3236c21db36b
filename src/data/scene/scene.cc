#include "data/scene/scene.h"

#include "data/scene/library.h"
// The kinds of scenes, one compose function each. A new kind is a function and a row of kKinds here
// and a name in SceneKind; say in the table of scene.h what guessing its questions gets.
#include <algorithm>
#include <numeric>
#include <utility>

#include "data/scene/composer.h"
#include "data/scene/shapes.h"

namespace tutti {
namespace {

std::vector<Term> terms_of(const std::vector<Thing>& things) {
  std::vector<Term> terms;
  for (const Thing& thing : things) terms.push_back(thing.term);
  return terms;
}

// Things that are drawn once each, in this order.
void ask_where_each(Composer& c, const std::vector<Thing>& things) {
  for (size_t i = 0; i < things.size(); ++i) c.question_where(things[i].term, {int(i)});
}

void caption_things(Composer& c, const std::vector<Thing>& things) {
  std::vector<Counted> groups;
  for (const Thing& thing : things) groups.push_back({1, thing.term});
  c.caption(terms_of(things), [&](Language language) { return caption_list(language, groups); });
}

// Half of the answers are no; half of those for a shape name it in a colour that is not there.
void ask_about_existence(Composer& c, const std::vector<Thing>& things, const Thing& absent) {
  Term term = things[c.rng.below(int(things.size()))].term;
  const bool yes = c.coin();
  if (!yes && term.shape >= 0 && c.coin()) {
    term.colour = (term.colour + 1 + c.rng.below(kColourCount - 1)) % kColourCount;
  } else if (!yes) {
    term = absent.term;
  }
  c.question("exists", {term}, [&](Language language) { return ask_exists(language, term, yes); });
}

// One to six of one thing among up to three others; of shapes, some in another colour.
void compose_count(Composer& c) {
  const int count = c.between(1, 6);
  const int others = c.rng.below(4);
  std::vector<Thing> things = pick_things(c.library, 2, c.rng);
  Thing& target = things[0];
  Term asked = target.term;
  const bool by_colour = asked.shape >= 0 && others > 0 && c.coin();
  if (by_colour) {
    things[1] = target;
    things[1].term.colour = (asked.colour + 1 + c.rng.below(kColourCount - 1)) % kColourCount;
  } else {
    asked.colour = -1;
  }
  if (others == 0) things.pop_back();
  c.begin(things);
  const int size = c.between(17, 30);
  std::vector<int> sizes;
  for (int i = 0; i < count + others; ++i) sizes.push_back(size + c.rng.below(6));
  const std::vector<Spot> spots = c.scatter(sizes);
  for (int i = 0; i < count + others; ++i) c.draw(things[i < count ? 0 : 1], spots[i]);

  std::vector<Counted> groups = {{count, target.term}};
  if (others > 0) groups.push_back({others, things[1].term});
  if (c.coin()) std::reverse(groups.begin(), groups.end());
  c.caption(terms_of(things), [&](Language language) { return caption_list(language, groups); });
  c.question("count", {asked},
             [&](Language language) { return ask_count(language, asked, count); });
  c.question("total", {}, [&](Language language) { return ask_total(language, count + others); });
  std::vector<int> of_target(count), of_others(others);
  std::iota(of_target.begin(), of_target.end(), 0);
  std::iota(of_others.begin(), of_others.end(), count);
  c.question_where(asked, of_target);
  if (others == 0) return;
  Term other = things[1].term;
  if (!by_colour) other.colour = -1;
  c.question("count_others", {other},
             [&](Language language) { return ask_count(language, other, others); });
  c.question_where(other, of_others);
}

// Two or three shapes of different colours.
void compose_colour(Composer& c) {
  const std::vector<Thing> things = pick_shapes(c.between(2, 3), true, c.rng);
  c.begin(things);
  std::vector<int> sizes;
  for (size_t i = 0; i < things.size(); ++i) sizes.push_back(c.between(26, 44));
  const std::vector<Spot> spots = c.scatter(sizes);
  for (size_t i = 0; i < things.size(); ++i) c.draw(things[i], spots[i]);
  caption_things(c, things);
  for (const Term& term : terms_of(things)) {
    c.question("colour", {term}, [&](Language language) { return ask_colour(language, term); });
    c.question("colour_owner", {term},
               [&](Language language) { return ask_colour_owner(language, term); });
  }
  ask_where_each(c, things);
}

// A big and a small thing, at least 1.7 times apart.
void compose_size(Composer& c) {
  const std::vector<Thing> things = pick_things(c.library, 2, c.rng);
  c.begin(things);
  const bool first_drawn_big = c.coin();
  const int big = c.between(48, 64), small = c.between(18, 28);
  std::vector<Spot> spots = c.scatter({big, small});
  if (first_drawn_big) {
    c.draw(things[0], spots[0]);
    c.draw(things[1], spots[1]);
  } else {
    c.draw(things[1], spots[1]);
    c.draw(things[0], spots[0]);
  }
  const Term bigger = things[0].term, smaller = things[1].term;
  const std::vector<Term> terms = {bigger, smaller};
  c.caption(terms, [&](Language language) { return caption_sizes(language, bigger, smaller); });
  const bool bigger_first = c.coin(), ask_for_bigger = c.coin(), yes = c.coin();
  const Term& first = bigger_first ? bigger : smaller;
  const Term& second = bigger_first ? smaller : bigger;
  c.question("size", terms, [&](Language language) {
    return ask_choice(language, ask_for_bigger ? Choice::bigger : Choice::smaller, first, second,
                      ask_for_bigger == bigger_first);
  });
  c.question("size_holds", terms, [&](Language language) {
    return ask_bigger_holds(language, yes ? bigger : smaller, yes ? smaller : bigger, yes);
  });
}

// Two or three things in a row or a column. Neighbours are farther apart along the line than across
// it, so that no relation is in doubt; three ask for the neighbours of the middle one.
void compose_spatial(Composer& c) {
  const bool vertical = c.coin();
  const int count = c.between(2, 3);
  const std::vector<Thing> things = pick_things(c.library, count, c.rng);
  c.begin(things);
  const int slot = kSceneSide / count;
  const double shift = count == 2 ? c.between(-12, 12) : 0;
  for (int i = 0; i < count; ++i) {
    const double along = slot * (i + 0.5) + c.between(-2, 2);
    const double across = kSceneSide / 2.0 + shift + c.between(-slot / 3, slot / 3);
    const int size = count == 2 ? c.between(26, 50) : c.between(22, 34);
    c.draw(things[i], vertical ? Spot{across, along, size} : Spot{along, across, size});
  }
  const Relation before = vertical ? Relation::above : Relation::left;
  const std::vector<Term> terms = terms_of(things);
  const bool forward = c.coin();
  c.caption(terms, [&](Language language) {
    if (count == 3) return caption_order(language, vertical, terms);
    return caption_relation(language, forward ? before : opposite(before), terms[forward ? 0 : 1],
                            terms[forward ? 1 : 0]);
  });
  // Both ways about the middle one of three, or about either of two.
  for (int first = 0; first < 2; ++first) {
    const int anchor = count == 3 ? 1 : first;
    const int sought = count == 3 ? 2 * first : 1 - first;
    const Relation asked = sought < anchor ? before : opposite(before);
    c.question("relation", {terms[sought], terms[anchor]}, [&](Language language) {
      return ask_relation(language, asked, terms[sought], terms[anchor]);
    });
  }
  for (int a = 0; a < count; ++a) {
    const int b = (a + 1 + c.rng.below(count - 1)) % count;
    const bool yes = c.coin();
    const Relation real = a < b ? before : opposite(before);
    c.question("relation_holds", {terms[a], terms[b]}, [&](Language language) {
      return ask_relation_holds(language, yes ? real : opposite(real), terms[a], terms[b], yes);
    });
  }
  ask_where_each(c, things);
}

// One thing partly hidden by another: 40 to 85 % of it stay visible.
void compose_occlusion(Composer& c) {
  const std::vector<Thing> things = pick_things(c.library, 2, c.rng);
  c.begin(things);
  const double turns = c.rng.uniform();
  const int size = c.between(38, 52);
  c.draw(things[1], {kSceneSide / 2.0 - 16 * sine_of_turns(turns + 0.25),
                     kSceneSide / 2.0 - 16 * sine_of_turns(turns), size});
  c.draw_over(things[0], size + c.between(-4, 6), 0, turns, 0.4, 0.85);
  const Term front = things[0].term, behind = things[1].term;
  const std::vector<Term> terms = {front, behind};
  const bool from_front = c.coin();
  c.caption(terms, [&](Language language) {
    return from_front ? caption_relation(language, Relation::front, front, behind)
                      : caption_relation(language, Relation::behind, behind, front);
  });
  const bool front_first = c.coin(), ask_front = c.coin(), yes = c.coin(), swap = c.coin();
  c.question("front", terms, [&](Language language) {
    return ask_choice(language, ask_front ? Choice::front : Choice::behind,
                      front_first ? front : behind, front_first ? behind : front,
                      ask_front == front_first);
  });
  const Relation real = swap ? Relation::behind : Relation::front;
  c.question("front_holds", terms, [&](Language language) {
    return ask_relation_holds(language, yes ? real : opposite(real), swap ? behind : front,
                              swap ? front : behind, yes);
  });
}

// Two to five different things anywhere.
void compose_several(Composer& c) {
  std::vector<Thing> things = pick_things(c.library, c.between(3, 6), c.rng);
  // What is asked for in vain comes from the same draw: a name alone must not give the answer away,
  // and names that clash with many others come early or not at all.
  for (size_t i = things.size(); i > 1; --i) std::swap(things[i - 1], things[c.rng.below(int(i))]);
  const Thing absent = things.back();
  things.pop_back();
  c.begin(things);
  std::vector<int> sizes;
  for (size_t i = 0; i < things.size(); ++i) sizes.push_back(c.between(20, 48));
  const std::vector<Spot> spots = c.scatter(sizes);
  for (size_t i = 0; i < things.size(); ++i) c.draw(things[i], spots[i]);
  caption_things(c, things);
  for (int i = 0; i < 2; ++i) ask_about_existence(c, things, absent);
  ask_where_each(c, things);
}

struct Kind {
  const char* name;
  void (*compose)(Composer&);
};

constexpr Kind kKinds[kSceneKindCount] = {
    {"count", compose_count},     {"colour", compose_colour},       {"size", compose_size},
    {"spatial", compose_spatial}, {"occlusion", compose_occlusion}, {"several", compose_several}};

}  // namespace

const char* scene_kind_name(SceneKind kind) {
  return kKinds[int(kind)].name;
}

Scene make_scene(const SceneLibrary& library, SceneKind kind, Rng& rng) {
  Composer composer(library, rng);
  kKinds[int(kind)].compose(composer);
  return composer.finish();
}

}  // namespace tutti
