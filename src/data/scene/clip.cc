#include "data/scene/clip.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "data/scene/backdrop.h"
#include "data/scene/scene.h"
#include "data/scene/shapes.h"
#include "data/scene/thing.h"

namespace tutti {
namespace {

struct Actor {
  Thing thing;
  Action action = Action::still;
  Stamp stamp;
  double x = 0, y = 0;  // where it is, or the middle of its way
  double way = 0;       // pixels from start to end, or the height of a bounce
  double strength = 0;  // turns of a rotation; smallest scale of growing and shrinking
  int moment = 0;       // first frame of appearing or disappearing
  int hops = 1;
};

bool moves_across(Action action) {
  return action == Action::move_left || action == Action::move_right;
}
bool moves_along_height(Action action) {
  return action == Action::move_up || action == Action::move_down || action == Action::bounce;
}

// Part of its height above the ground, 0 to 1, of a ball that hops `hops` times.
double hop(double t, int hops) {
  const double phase = t * hops - std::floor(t * hops);
  return 4 * phase * (1 - phase);
}

Pose pose_at(const Actor& actor, int frame) {
  const double t = double(frame) / (kClipFrames - 1);
  Pose pose{actor.x, actor.y, 1, 0, 255};
  const int faded = std::clamp((frame - actor.moment + 1) * 85, 0, 255);  // within three frames
  switch (actor.action) {
    case Action::move_left:
      pose.x += actor.way * (0.5 - t);
      break;
    case Action::move_right:
      pose.x += actor.way * (t - 0.5);
      break;
    case Action::move_up:
      pose.y += actor.way * (0.5 - t);
      break;
    case Action::move_down:
      pose.y += actor.way * (t - 0.5);
      break;
    case Action::grow:
      pose.scale = actor.strength + (1 - actor.strength) * t;
      break;
    case Action::shrink:
      pose.scale = 1 - (1 - actor.strength) * t;
      break;
    case Action::turn:
      pose.turns = actor.strength * t;
      break;
    case Action::appear:
      pose.opacity = faded;
      break;
    case Action::disappear:
      pose.opacity = 255 - faded;
      break;
    case Action::bounce:
      pose.y += actor.way * (0.5 - hop(t, actor.hops));
      break;
    case Action::still:
      break;
  }
  return pose;
}

// Two things get a band of the picture each; the bands lie along the way of whatever moves.
struct Band {
  double x = 64, y = 64, width = 128, height = 128;
};

Band band_of(bool rows, int index, int count) {
  if (count == 1) return {};
  const double middle = index ? 96 : 32;
  return rows ? Band{64, middle, 128, 64} : Band{middle, 64, 64, 128};
}

void set_course(Actor& actor, const Band& band, Rng& rng) {
  const bool across = moves_across(actor.action), upright = moves_along_height(actor.action);
  double room_x = band.width - actor.stamp.width(), room_y = band.height - actor.stamp.height();
  if (actor.action == Action::turn) room_x = room_y = std::min(room_x, room_y) * 0.5;
  double& room = across ? room_x : room_y;
  if (across || upright) {
    actor.way = std::max(24.0, room * (0.5 + 0.4 * rng.uniform()));
    room -= actor.way;
  }
  actor.x = band.x + std::max(0.0, room_x) * (rng.uniform() - 0.5) * 0.9;
  actor.y = band.y + std::max(0.0, room_y) * (rng.uniform() - 0.5) * 0.9;
  const bool backwards = rng.below(2) == 1;
  if (actor.action == Action::turn) {
    actor.strength = (0.3 + 0.7 * rng.uniform()) * (backwards ? -1 : 1);
  } else {
    actor.strength = 0.3 + 0.25 * rng.uniform();
  }
  actor.moment = 4 + rng.below(6);
  actor.hops = 2 + rng.below(2);
}

// A second action that fits into the bands of the first and is not the same.
Action other_action(Action first, Rng& rng) {
  const bool upright = moves_along_height(first);
  for (;;) {
    const Action action = rng.below(2) ? Action::still : Action(rng.below(kActionCount));
    const bool crosses =
        upright ? moves_across(action) : moves_along_height(action) && moves_across(first);
    if (action != first && !crosses) return action;
  }
}

std::vector<Actor> cast_actors(const SceneLibrary& library, Rng& rng) {
  const Action first = Action(rng.below(kActionCount - 1));
  const int count = 1 + rng.below(2);
  std::vector<Actor> actors(static_cast<size_t>(count));
  actors[0].action = first;
  if (count == 2) actors[1].action = other_action(first, rng);
  std::vector<Thing> things;
  bool fits = false;
  for (int attempt = 0; !fits; ++attempt) {  // a turning circle shows nothing
    things = pick_things(library, count, rng);
    fits = true;
    for (int i = 0; i < count; ++i) {
      const bool round = things[i].term.shape >= 0 && looks_round(things[i].term.shape);
      fits &= !(round && actors[i].action == Action::turn);
    }
  }
  bool rows = !moves_along_height(first);
  if (count == 2 && moves_along_height(actors[1].action)) rows = false;
  const int swapped = rng.below(2);
  for (int i = 0; i < count; ++i) {
    Actor& actor = actors[i];
    actor.thing = things[i];
    const int size = count == 1 ? 34 + rng.below(24) : 28 + rng.below(15);
    Rgb paint;
    actor.stamp = thing_stamp(library, actor.thing, size, rng, &paint);
    actor.stamp.add_levels();
    set_course(actor, band_of(rows, i ^ swapped, count), rng);
  }
  return actors;
}

void draw_frames(const std::vector<Actor>& actors, const Picture& backdrop, bool with_masks,
                 ClipSample& sample) {
  for (int frame = 0; frame < kClipFrames; ++frame) {
    Canvas canvas{backdrop, {}};
    for (size_t i = 0; i < actors.size(); ++i) {
      draw_stamp(canvas, actors[i].stamp, pose_at(actors[i], frame));
      sample.objects[i].boxes[frame] = bounds_of(canvas.masks.back(), 128);
    }
    sample.clip.frames.push_back(std::move(canvas.image));
    if (with_masks) sample.masks.push_back(std::move(canvas.masks));
  }
}

void ask(ClipSample& sample, const char* kind, const Acting& acting,
         QuestionAnswer (*question)(Language, const Acting&)) {
  for_languages({acting.term}, [&](Language language) {
    QuestionAnswer asked = question(language, acting);
    asked.kind = kind;
    asked.language = language_code(language);
    sample.questions.push_back(std::move(asked));
  });
}

void describe(const std::vector<Actor>& actors, ClipSample& sample, Rng& rng) {
  std::vector<Acting> acting;
  std::vector<Term> terms;
  for (const Actor& actor : actors) {
    acting.push_back({actor.thing.term, actor.action});
    terms.push_back(actor.thing.term);
  }
  for_languages(terms, [&](Language language) {
    sample.captions[language_code(language)] = caption_actions(language, acting);
  });
  if (acting[0].action <= Action::move_down) ask(sample, "direction", acting[0], ask_direction);
  ask(sample, "action", acting[0], ask_action);
  ask(sample, "actor", acting[rng.below(int(acting.size()))], ask_actor);
}

}  // namespace

ClipSample make_clip(const SceneLibrary& library, Rng& rng, bool with_masks) {
  ClipSample sample;
  const std::vector<Actor> actors = cast_actors(library, rng);
  std::vector<Thing> things;
  for (const Actor& actor : actors) {
    things.push_back(actor.thing);
    ClipObject object;
    object.name = thing_name(actor.thing.term);
    if (actor.thing.term.colour >= 0) object.colour = colour_name(actor.thing.term.colour);
    object.action = actor.action;
    sample.objects.push_back(object);
  }
  const Picture backdrop = make_backdrop(library, kSceneSide, things, rng);
  sample.clip.frames_per_second = kClipFrames;
  draw_frames(actors, backdrop, with_masks, sample);
  describe(actors, sample, rng);
  return sample;
}

}  // namespace tutti
