#include "data/scene/clip.h"

#include <gtest/gtest.h>

#include <cmath>

#include "data/scene/library.h"
#include "data/scene/matte.h"
#include "data/scene/scene.h"
#include "tests/helpers/scene_fixture.h"

namespace tutti {
namespace {

TEST(Clip, SeedsGiveTheSameBytes) {
  Rng rng(1);
  uint64_t hash = 0;
  for (int i = 0; i < 10; ++i) {
    const ClipSample sample = make_clip(fixture_library(), rng);
    for (const Picture& frame : sample.clip.frames) hash = hash_picture(frame, hash);
    for (const auto& [language, text] : sample.captions) hash = hash_text(text, hash);
  }
  EXPECT_EQ(hash, 15818055898471772464u);
}

double centre_x(const Box& box) {
  return (box.left + box.right) / 2.0;
}
double centre_y(const Box& box) {
  return (box.top + box.bottom) / 2.0;
}

void expect_action(const ClipObject& object) {
  const Box& first = object.boxes.front();
  const Box& last = object.boxes.back();
  const double dx = centre_x(last) - centre_x(first), dy = centre_y(last) - centre_y(first);
  switch (object.action) {
    case Action::move_left:
      EXPECT_LT(dx, -20);
      EXPECT_LE(std::fabs(dy), 1);
      break;
    case Action::move_right:
      EXPECT_GT(dx, 20);
      EXPECT_LE(std::fabs(dy), 1);
      break;
    case Action::move_up:
      EXPECT_LT(dy, -20);
      EXPECT_LE(std::fabs(dx), 1);
      break;
    case Action::move_down:
      EXPECT_GT(dy, 20);
      EXPECT_LE(std::fabs(dx), 1);
      break;
    case Action::grow:
      EXPECT_GT(last.width(), 1.4 * first.width());
      break;
    case Action::shrink:
      EXPECT_GT(first.width(), 1.4 * last.width());
      break;
    case Action::appear:
      EXPECT_EQ(first.width(), 0);
      EXPECT_GT(last.width(), 8);
      break;
    case Action::disappear:
      EXPECT_GT(first.width(), 8);
      EXPECT_EQ(last.width(), 0);
      break;
    case Action::bounce: {
      int highest = first.top;
      for (const Box& box : object.boxes) highest = std::min(highest, box.top);
      EXPECT_LT(highest, first.top - 15);
      EXPECT_LE(std::fabs(dy), 1);
      break;
    }
    case Action::turn:
      EXPECT_LE(std::fabs(dx) + std::fabs(dy), 16);
      break;
    case Action::still:
      for (const Box& box : object.boxes) EXPECT_EQ(box.left, first.left);
      break;
  }
}

TEST(Clip, ActionsAreTrueAndBoxesInside) {
  Rng rng(2);
  const SceneLibrary library = fixture_library();
  int per_action[kActionCount] = {};
  for (int i = 0; i < 500; ++i) {
    const ClipSample sample = make_clip(library, rng);
    ASSERT_EQ(int(sample.clip.frames.size()), kClipFrames);
    ++per_action[int(sample.objects[0].action)];
    for (const ClipObject& object : sample.objects) {
      expect_action(object);
      if (object.action == Action::turn) continue;
      for (const Box& box : object.boxes) {
        EXPECT_GE(box.left, 0);
        EXPECT_LE(box.right, kSceneSide);
      }
    }
    EXPECT_EQ(sample.captions.size(), 5u);
  }
  for (int action = 0; action < kActionCount - 1; ++action) {
    EXPECT_NEAR(per_action[action], 50, 4 * std::sqrt(45.0)) << action;
  }
  EXPECT_EQ(per_action[int(Action::still)], 0);
}

TEST(Clip, TurningChangesPixels) {
  Rng rng(3);
  int seen = 0;
  for (int i = 0; i < 300; ++i) {
    const ClipSample sample = make_clip({}, rng);
    if (sample.objects.size() > 1 || sample.objects[0].action != Action::turn) continue;
    ++seen;
    EXPECT_NE(sample.clip.frames[0].pixels, sample.clip.frames[5].pixels);
    EXPECT_NE(sample.objects[0].name, "circle");
  }
  EXPECT_GT(seen, 5);
}

TEST(Clip, MasksComeWhenAsked) {
  Rng a(4), b(4);
  const ClipSample bare = make_clip({}, a), full = make_clip({}, b, true);
  EXPECT_TRUE(bare.masks.empty());
  ASSERT_EQ(int(full.masks.size()), kClipFrames);
  EXPECT_EQ(full.masks[0].size(), full.objects.size());
  EXPECT_EQ(bare.clip.frames[7].pixels, full.clip.frames[7].pixels);
}

TEST(Clip, ConstantAnswersStayAtChance) {
  std::map<std::string, std::map<std::string, int>> tally;
  Rng rng(5);
  for (int i = 0; i < 4000; ++i) {
    for (const QuestionAnswer& qa : make_clip({}, rng).questions) {
      if (qa.language == "en") ++tally[qa.kind][qa.answer];
    }
  }
  for (const auto& [kind, chance] :
       {std::pair{"direction", 0.25}, {"action", 0.1}, {"actor", 0.11}}) {
    int total = 0, most = 0;
    for (const auto& [answer, count] : tally[kind]) {
      total += count;
      most = std::max(most, count);
    }
    EXPECT_LT(double(most) / total, chance + 4 * std::sqrt(chance * (1 - chance) / total)) << kind;
  }
}

TEST(Matte, AlphaIsExact) {
  const SceneLibrary library = fixture_library();
  Rng rng(6);
  int empty = 0;
  for (int i = 0; i < 200; ++i) {
    const MatteSample sample = make_matte(library, rng);
    int64_t sum = 0;
    for (size_t p = 0; p < sample.alpha.pixels.size(); ++p) {
      const int alpha = sample.alpha.pixels[p];
      sum += alpha;
      for (int c = 0; c < 3; ++c) {
        // What the background gives; the rest is the person's, between nothing and alpha.
        const int behind = divide_by_255(sample.background.pixels[3 * p + c] * (255 - alpha));
        const int own = sample.image.pixels[3 * p + c] - behind;
        EXPECT_GE(own, -2);
        EXPECT_LE(own, alpha + 2);
      }
    }
    empty += sum == 0;
  }
  EXPECT_GT(empty, 2);
  EXPECT_LT(empty, 35);
}

TEST(Matte, SeedsGiveTheSameBytes) {
  const SceneLibrary library = fixture_library();
  Rng rng(7);
  uint64_t hash = 0;
  for (int i = 0; i < 30; ++i) {
    const MatteSample sample = make_matte(library, rng);
    hash = hash_picture(sample.alpha, hash_picture(sample.image, hash));
  }
  EXPECT_EQ(hash, 10312449713127613414u);
}

TEST(Matte, WithoutCutoutsNobodyIsThere) {
  Rng rng(8);
  const MatteSample sample = make_matte({}, rng);
  EXPECT_EQ(coverage_sum(sample.alpha), 0);
  EXPECT_EQ(sample.image.pixels, sample.background.pixels);
}

}  // namespace
}  // namespace tutti
