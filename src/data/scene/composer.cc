#include "data/scene/composer.h"

#include <algorithm>
#include <cmath>

#include "data/scene/backdrop.h"
#include "data/scene/shapes.h"

namespace tutti {
namespace {

constexpr double kMostTilt = 0.04;  // turns, about 15 degrees: upright things stay upright

SizeClass size_class(int size) {
  return size < 30 ? SizeClass::small : size < 46 ? SizeClass::medium : SizeClass::big;
}

Pose kept_inside(const Stamp& stamp, double x, double y, double turns) {
  const double tilt = std::fabs(sine_of_turns(turns));
  const double half_x = (stamp.width() + tilt * stamp.height()) / 2;
  const double half_y = (stamp.height() + tilt * stamp.width()) / 2;
  Pose pose;
  pose.turns = turns;
  pose.x = std::clamp(x, half_x, std::max(half_x, kSceneSide - half_x));
  pose.y = std::clamp(y, half_y, std::max(half_y, kSceneSide - half_y));
  return pose;
}

}  // namespace

int ninth_of(const Box& box) {
  const auto third = [](int low, int high) {
    return std::clamp((low + high) * 3 / (2 * kSceneSide), 0, 2);
  };
  return third(box.top, box.bottom) * 3 + third(box.left, box.right);
}

void Composer::begin(const std::vector<Thing>& things) {
  scene_.background = make_backdrop(library, kSceneSide, things, rng);
  canvas_.image = scene_.background;
}

int Composer::draw(const Thing& thing, Spot spot) {
  Rgb paint;
  const Stamp stamp = thing_stamp(library, thing, spot.size, rng, &paint);
  const double turns = (rng.uniform() * 2 - 1) * kMostTilt;
  return place(thing, spot.size, stamp, kept_inside(stamp, spot.x, spot.y, turns), paint);
}

int Composer::draw_over(const Thing& thing, int size, int hidden, double turns, double least,
                        double most) {
  Rgb paint;
  const Stamp stamp = thing_stamp(library, thing, size, rng, &paint);
  const Box box = scene_.objects[hidden].box;
  const double x = (box.left + box.right) / 2.0, y = (box.top + box.bottom) / 2.0;
  const double tilt = (rng.uniform() * 2 - 1) * kMostTilt;
  double near = 0, far = size + std::max(box.width(), box.height());
  Pose pose;
  for (int halving = 0; halving < 9; ++halving) {
    const double distance = (near + far) / 2;
    pose = kept_inside(stamp, x + distance * sine_of_turns(turns + 0.25),
                       y + distance * sine_of_turns(turns), tilt);
    const int64_t lost = hidden_by(canvas_.masks[hidden], stamp, pose);
    const double share = 1 - double(lost) / double(coverage_[hidden]);
    if (share >= least && share <= most) break;
    (share < least ? near : far) = distance;
  }
  return place(thing, size, stamp, pose, paint);
}

int Composer::place(const Thing& thing, int size, const Stamp& stamp, const Pose& pose, Rgb paint) {
  coverage_.push_back(draw_stamp(canvas_, stamp, pose));
  Object object;
  object.paint = paint;
  object.name = thing_name(thing.term);
  if (thing.term.colour >= 0) object.colour = colour_name(thing.term.colour);
  object.size = size_class(size);
  object.box = bounds_of(canvas_.masks.back(), 128);
  object.depth = int(scene_.objects.size());
  scene_.objects.push_back(object);
  return object.depth;
}

std::vector<Spot> Composer::scatter(const std::vector<int>& sizes) {
  for (double shrink = 1;; shrink *= 0.85) {
    std::vector<Spot> spots;
    for (int attempt = 0; spots.size() < sizes.size() && attempt < 80; ++attempt) {
      Spot spot;
      spot.size = std::max(6, int(sizes[spots.size()] * shrink));
      const double margin = spot.size * 0.6;
      spot.x = margin + rng.uniform() * (kSceneSide - 2 * margin);
      spot.y = margin + rng.uniform() * (kSceneSide - 2 * margin);
      const bool free = std::all_of(spots.begin(), spots.end(), [&](const Spot& other) {
        const double apart = (spot.size + other.size) * 0.58 + 1;  // tilt adds up to 12 %
        return std::fabs(spot.x - other.x) > apart || std::fabs(spot.y - other.y) > apart;
      });
      if (free) spots.push_back(spot);
    }
    if (spots.size() == sizes.size()) return spots;
  }
}

void Composer::caption(const std::vector<Term>& terms, const Say& say) {
  for_languages(
      terms, [&](Language language) { scene_.captions[language_code(language)] = say(language); });
}

void Composer::question(const char* kind, const std::vector<Term>& terms, const Ask& ask) {
  for_languages(terms, [&](Language language) {
    QuestionAnswer asked = ask(language);
    asked.kind = kind;
    asked.language = language_code(language);
    scene_.questions.push_back(std::move(asked));
  });
}

void Composer::question_where(const Term& term, const std::vector<int>& objects) {
  std::vector<int> ninths;
  for (const int i : objects) ninths.push_back(ninth_of(scene_.objects[size_t(i)].box));
  std::sort(ninths.begin(), ninths.end());
  question("where", {term}, [&](Language language) { return ask_where(language, term, ninths); });
}

Scene Composer::finish() {
  for (size_t i = 0; i < scene_.objects.size(); ++i) {
    const int64_t full = coverage_[i];
    scene_.objects[i].visible = full ? double(coverage_sum(canvas_.masks[i])) / double(full) : 0;
  }
  scene_.image = std::move(canvas_.image);
  scene_.masks = std::move(canvas_.masks);
  return std::move(scene_);
}

}  // namespace tutti
