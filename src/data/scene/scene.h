// The scene generator: pictures with captions, questions and exact ground truth, made on the fly.
//
//   SceneLibrary library;                      // empty: built-in shapes on plain backgrounds
//   TUTTI_CHECK(check_library(library));       // once
//   Rng rng(seed);
//   Scene scene = make_scene(library, SceneKind::count, rng);
//
// The same library, kind and state of the generator give the same bytes on every machine. Functions
// only read the library: any number of threads may share it, each with its own Rng.
//
// A new kind of scene: one name in SceneKind, one compose function and one row of kKinds in
// scene.cc. A new sentence: one template in phrases.cc.
//
// Questions and what guessing gets, with or without knowing the question's words:
//   count           "How many stars are there?"            1 to 6, uniform             1/6
//   count_others    the same of what else is there         1 to 3, uniform             1/3
//   total           "How many things are there?"       1 to 9 of count's scenes    1/6
//   where           "Where are the stars?"             a ninth of the picture each 1/4 or less
//   colour          "What colour is the star?"             uniform over 10             1/10
//   colour_owner    "What is red?"                         one of the shapes           1/10
//   exists          "Is there a red star?"                 yes/no                      1/2
//   relation        "What is left of the cat?"             any thing but the cat       1/9 or less
//   relation_holds  "Is the star above the circle?"        yes/no                      1/2
//   size, size_holds, front, front_holds                   one of two, yes/no          1/2
// Clips add: direction 1/4, action 1/10, actor 1/10.
// A scene is asked all it can answer; later questions of a scene may help with its others.
// These are for 10 shapes; sprites make names harder to guess. Who sees the things but not where
// they are gets 3/4 of `relation` (half of those scenes have two things), and of a clip's `actor`.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/media_types.h"
#include "base/rng.h"
#include "data/scene/library.h"
#include "data/scene/words/phrases.h"
#include "media/picture/raster.h"

namespace tutti {

constexpr int kSceneSide = 128;

enum class SceneKind { count, colour, size, spatial, occlusion, several };
constexpr int kSceneKindCount = 6;
const char* scene_kind_name(SceneKind kind);

enum class SizeClass { small, medium, big };  // longer side below 30, below 46, above, of 128

struct Object {
  std::string name;    // English, also where a sprite lacks other languages
  std::string colour;  // English; empty for sprites
  SizeClass size = SizeClass::medium;
  Box box;             // around alpha of at least one half, nothing hidden taken off
  double visible = 1;  // share of its alpha that nothing hides
  int depth = 0;       // 0 is farthest; also the order of `masks`
  Rgb paint;           // of a shape: its exact colour
};

struct Scene {
  Picture image;                                // 128x128 RGB
  Picture background;                           // the same before anything was drawn
  std::vector<Object> objects;                  // far to near
  std::vector<Picture> masks;                   // per object, what is visible, 128x128, 1 channel
  std::map<std::string, std::string> captions;  // language -> text; none where a name is missing
  std::vector<QuestionAnswer> questions;
};

// The ninth of the picture, in reading order, in which a box has its middle.
int ninth_of(const Box& box);

Scene make_scene(const SceneLibrary& library, SceneKind kind, Rng& rng);

}  // namespace tutti
