// What every kind of scene is made with: choosing things, placing, drawing, saying, asking.
// Internal to the folder.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/scene/library.h"
#include "data/scene/scene.h"
#include "data/scene/thing.h"

namespace tutti {

struct Spot {
  double x = 0, y = 0;
  int size = 0;  // longer side
};

class Composer {
 public:
  Composer(const SceneLibrary& library, Rng& rng) : library(library), rng(rng) {}

  // Call once, before anything is drawn.
  void begin(const std::vector<Thing>& things);
  // Draws nearer than everything before; keeps the box within the picture. Returns its index.
  int draw(const Thing& thing, Spot spot);
  // Draws so that it hides part of an object: moves away from its centre along a direction, in
  // turns, until a share of the object between `least` and `most` stays visible.
  int draw_over(const Thing& thing, int size, int hidden, double turns, double least, double most);
  // Places for things of these sizes that keep apart; sizes shrink when there is no room.
  std::vector<Spot> scatter(const std::vector<int>& sizes);

  using Say = std::function<std::string(Language)>;
  using Ask = std::function<QuestionAnswer(Language)>;
  void caption(const std::vector<Term>& terms, const Say& say);
  void question(const char* kind, const std::vector<Term>& terms, const Ask& ask);
  // Asks for the places of these objects, all that the term names.
  void question_where(const Term& term, const std::vector<int>& objects);
  Scene finish();

  bool coin() { return rng.below(2) == 1; }
  int between(int low, int high) { return low + rng.below(high - low + 1); }

  const SceneLibrary& library;
  Rng& rng;

 private:
  int place(const Thing& thing, int size, const Stamp& stamp, const Pose& pose, Rgb paint);

  Scene scene_;
  Canvas canvas_;
  std::vector<int64_t> coverage_;
};

}  // namespace tutti
