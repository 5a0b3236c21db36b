#include "data/scene/scene.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "data/scene/library.h"
#include "data/scene/paint.h"
#include "data/scene/words/english.h"
#include "tests/helpers/scene_fixture.h"

namespace tutti {
namespace {

SceneKind kind_at(int i) {
  return SceneKind(i % kSceneKindCount);
}

uint64_t hash_scenes(const SceneLibrary& library, uint64_t seed, int count) {
  Rng rng(seed);
  uint64_t hash = 0;
  for (int i = 0; i < count; ++i) {
    const Scene scene = make_scene(library, kind_at(i), rng);
    hash = hash_picture(scene.image, hash ^ uint64_t(i));
    for (const Picture& mask : scene.masks) hash = hash_picture(mask, hash);
    for (const auto& [language, text] : scene.captions) hash = hash_text(text, hash);
    for (const QuestionAnswer& qa : scene.questions)
      hash = hash_text(qa.question + qa.answer, hash);
  }
  return hash;
}

bool is_utf8(const std::string& text) {
  for (size_t i = 0; i < text.size();) {
    const uint8_t lead = uint8_t(text[i]);
    const int length = lead < 0x80 ? 1 : (lead >> 5) == 6 ? 2 : (lead >> 4) == 14 ? 3 : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (int k = 1; k < length; ++k) {
      if ((uint8_t(text[i + k]) >> 6) != 2) return false;
    }
    i += length;
  }
  return !text.empty();
}

TEST(Scene, SeedsGiveTheSameBytes) {
  // Recorded once; a change here means that every recipe's data change.
  EXPECT_EQ(hash_scenes({}, 1, 60), 761943414269718505u);
  EXPECT_EQ(hash_scenes(fixture_library(), 1, 60), 11595130320185671027u);
  EXPECT_NE(hash_scenes({}, 1, 6), hash_scenes({}, 2, 6));
}

TEST(Scene, MasksAgreeWithPixels) {
  Rng rng(11);
  for (int i = 0; i < 240; ++i) {
    const Scene scene = make_scene(i % 2 ? SceneLibrary{} : fixture_library(), kind_at(i), rng);
    ASSERT_EQ(scene.masks.size(), scene.objects.size());
    for (int p = 0; p < kSceneSide * kSceneSide; ++p) {
      int covered = 0;
      for (size_t o = 0; o < scene.masks.size(); ++o) {
        const int value = scene.masks[o].pixels[p];
        covered += value;
        if (value < 255 || scene.objects[o].colour.empty()) continue;
        EXPECT_EQ(scene.image.pixels[3 * p], scene.objects[o].paint.r);
        EXPECT_EQ(scene.image.pixels[3 * p + 1], scene.objects[o].paint.g);
        EXPECT_EQ(scene.image.pixels[3 * p + 2], scene.objects[o].paint.b);
      }
      EXPECT_LE(covered, 258);  // rounding of two edges
      for (int c = 0; covered == 0 && c < 3; ++c) {
        EXPECT_EQ(scene.image.pixels[3 * p + c], scene.background.pixels[3 * p + c]);
      }
    }
  }
}

TEST(Scene, OnlyOcclusionHidesAnything) {
  Rng rng(12);
  const SceneLibrary library = fixture_library();
  for (int i = 0; i < 600; ++i) {
    const Scene scene = make_scene(library, kind_at(i), rng);
    const bool occlusion = kind_at(i) == SceneKind::occlusion;
    for (const Object& object : scene.objects) {
      const bool hidden = occlusion && object.depth == 0;
      EXPECT_GE(object.visible, hidden ? 0.38 : 0.999) << scene_kind_name(kind_at(i));
      EXPECT_LE(object.visible, hidden ? 0.9 : 1.0);
      EXPECT_GT(object.box.width(), 4);
      EXPECT_GE(object.box.left, 0);
      EXPECT_LE(object.box.bottom, kSceneSide);
    }
  }
}

TEST(Scene, VisibleShareIsMeasured) {
  // A circle's full area is known; what its mask lost must match the share within the rim's error.
  Rng rng(13);
  int seen = 0;
  for (int i = 0; i < 600; ++i) {
    const Scene scene = make_scene({}, SceneKind::occlusion, rng);
    const Object& object = scene.objects[0];
    if (object.name != "circle") continue;
    ++seen;
    const double area = 3.14159 / 4 * object.box.width() * object.box.height();
    EXPECT_NEAR(double(coverage_sum(scene.masks[0])) / 255 / area, object.visible, 0.07);
  }
  EXPECT_GT(seen, 20);
}

TEST(Scene, CountsAreRight) {
  const std::map<std::string, int> kWords = {{"one", 1},  {"two", 2},  {"three", 3},
                                             {"four", 4}, {"five", 5}, {"six", 6}};
  Rng rng(14);
  const SceneLibrary library = fixture_library();
  for (int i = 0; i < 400; ++i) {
    const Scene scene = make_scene(library, SceneKind::count, rng);
    const QuestionAnswer& qa = scene.questions.at(0);
    ASSERT_EQ(qa.language, "en");
    int counted = 0;
    for (const Object& object : scene.objects) {
      const std::string plain = "How many " + english_plural(object.name) + " are there?";
      const std::string coloured =
          "How many " + object.colour + " " + english_plural(object.name) + " are there?";
      counted += qa.question == plain || qa.question == coloured;
    }
    EXPECT_EQ(counted, kWords.at(qa.answer)) << qa.question;
  }
}

TEST(Scene, PlacesAreRight) {
  const std::vector<std::string> kNinths = {"top left",    "top",    "top right",
                                            "left",        "middle", "right",
                                            "bottom left", "bottom", "bottom right"};
  Rng rng(21);
  const SceneLibrary library = fixture_library();
  int checked = 0;
  for (int i = 0; i < 300; ++i) {
    const Scene scene = make_scene(library, kind_at(i), rng);
    for (const QuestionAnswer& qa : scene.questions) {
      if (qa.kind != "where" || qa.language != "en") continue;
      std::vector<int> ninths;
      for (const Object& object : scene.objects) {
        const std::string plural = english_plural(object.name);
        if (qa.question != "Where is the " + object.name + "?" &&
            qa.question != "Where are the " + plural + "?" &&
            qa.question != "Where are the " + object.colour + " " + plural + "?")
          continue;
        const int x = (object.box.left + object.box.right) * 3 / (2 * kSceneSide);
        const int y = (object.box.top + object.box.bottom) * 3 / (2 * kSceneSide);
        ninths.push_back(y * 3 + x);
      }
      std::sort(ninths.begin(), ninths.end());
      std::string expected;
      for (const int ninth : ninths)
        expected += (expected.empty() ? "" : ", ") + kNinths[size_t(ninth)];
      // A single thing is asked for without its colour: of two circles, either may be meant.
      if (std::count(qa.answer.begin(), qa.answer.end(), ',') + 1 == long(ninths.size())) {
        EXPECT_EQ(qa.answer, expected) << qa.question;
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 400);
}

const Object& named(const Scene& scene, const std::string& name) {
  for (const Object& object : scene.objects) {
    if (object.name == name) return object;
  }
  ADD_FAILURE() << name;
  return scene.objects[0];
}

bool holds(const std::string& relation, const Object& a, const Object& b) {
  if (relation == "left of") return a.box.right <= b.box.left + 2;
  if (relation == "right of") return a.box.left >= b.box.right - 2;
  if (relation == "above") return a.box.bottom <= b.box.top + 2;
  if (relation == "below") return a.box.top >= b.box.bottom - 2;
  if (relation == "in front of") return a.depth > b.depth;
  return a.depth < b.depth;
}

TEST(Scene, RelationsAreTrue) {
  Rng rng(15);
  const SceneLibrary library = fixture_library();
  int checked = 0;
  for (int i = 0; i < 600; ++i) {
    const Scene scene = make_scene(library, i % 3 ? SceneKind::spatial : SceneKind::occlusion, rng);
    for (const QuestionAnswer& qa : scene.questions) {
      if (qa.language != "en") continue;
      for (const char* relation :
           {"left of", "right of", "above", "below", "in front of", "behind"}) {
        const std::string link = std::string(" ") + relation + " the ";
        const size_t at = qa.question.find(link);
        if (at == std::string::npos) continue;
        const size_t after = at + link.size();
        const Object& anchor =
            named(scene, qa.question.substr(after, qa.question.size() - after - 1));
        ++checked;
        if (qa.kind == "relation") {
          EXPECT_TRUE(holds(relation, named(scene, qa.answer), anchor)) << qa.question;
        } else {
          const Object& subject = named(scene, qa.question.substr(7, at - 7));
          EXPECT_EQ(holds(relation, subject, anchor), qa.answer == "yes") << qa.question;
        }
      }
    }
  }
  EXPECT_GT(checked, 900);
}

TEST(Scene, SizesAndColoursAreTrue) {
  Rng rng(16);
  const SceneLibrary library = fixture_library();
  int colours = 0, sizes = 0;
  for (int i = 0; i < 300; ++i) {
    const Scene scene = make_scene(library, i % 2 ? SceneKind::size : SceneKind::colour, rng);
    for (const QuestionAnswer& qa : scene.questions) {
      if (qa.language != "en") continue;
      if (qa.kind == "colour") {
        const std::string name = qa.question.substr(19, qa.question.size() - 20);
        EXPECT_EQ(named(scene, name).colour, qa.answer);
        ++colours;
      } else if (qa.kind == "size") {
        const bool bigger = qa.question.find("bigger") != std::string::npos;
        EXPECT_EQ(named(scene, qa.answer).size, bigger ? SizeClass::big : SizeClass::small);
        ++sizes;
      }
    }
  }
  EXPECT_GE(colours, 300);  // two or three a scene
  EXPECT_EQ(sizes, 150);
}

TEST(Scene, CaptionsSpeakAllLanguages) {
  Rng rng(17);
  const SceneLibrary library = fixture_library();
  for (int i = 0; i < 300; ++i) {
    const Scene scene = make_scene(i % 2 ? library : SceneLibrary{}, kind_at(i), rng);
    EXPECT_EQ(scene.captions.size(), 5u);
    for (const auto& [language, text] : scene.captions) {
      EXPECT_TRUE(is_utf8(text)) << language;
      EXPECT_EQ(text.find('{'), std::string::npos) << text;
      EXPECT_EQ(text.find("  "), std::string::npos) << text;
    }
    for (const QuestionAnswer& qa : scene.questions) {
      EXPECT_TRUE(is_utf8(qa.question) && is_utf8(qa.answer));
      EXPECT_EQ(qa.question.find('{'), std::string::npos) << qa.question;
    }
  }
}

// For every kind: the share of the best constant answer, and of the best answer to each wording
// that occurs often enough. Four standard deviations over chance would be a prior to exploit.
TEST(Scene, GuessingDoesNotPay) {
  const std::map<std::string, double> kChance = {
      {"count", 1 / 6.0},  {"count_others", 1 / 3.0}, {"total", 1 / 6.0},
      {"where", 1 / 4.0},  {"colour", 0.1},           {"colour_owner", 0.1},
      {"exists", 0.5},     {"relation", 0.1},         {"relation_holds", 0.5},
      {"size", 0.5},       {"size_holds", 0.5},       {"front", 0.5},
      {"front_holds", 0.5}};
  using Tally = std::map<std::string, int>;
  std::map<std::string, Tally> by_kind, by_question;
  Rng rng(18);
  for (int i = 0; i < 15000; ++i) {
    const Scene scene = make_scene({}, kind_at(i), rng);
    for (const QuestionAnswer& qa : scene.questions) {
      if (qa.language != "en") continue;
      ++by_kind[qa.kind][qa.answer];
      ++by_question[qa.kind + "|" + qa.question][qa.answer];
    }
  }
  EXPECT_EQ(by_kind.size(), kChance.size());
  const auto expect_chance = [&](const std::string& name, const Tally& tally, double spare) {
    double chance = kChance.at(name.substr(0, name.find('|')));
    if (name.rfind("relation|", 0) == 0) chance = 1 / 9.0;  // the anchor itself is never the answer
    int total = 0, most = 0;
    for (const auto& [answer, count] : tally) {
      total += count;
      most = std::max(most, count);
    }
    if (total * chance < 12) return;
    const double error = std::sqrt(chance * (1 - chance) / total);
    EXPECT_LT(double(most) / total, chance + spare * error + 0.01) << name << " of " << total;
  };
  for (const auto& [kind, tally] : by_kind) expect_chance(kind, tally, 4);
  for (const auto& [question, tally] : by_question) {
    expect_chance(question, tally, 4.5);
  }
}

TEST(Scene, ExistenceGivesNothingAwayByName) {
  std::map<std::string, std::pair<int, int>> tally;  // yes, no
  Rng rng(19);
  const SceneLibrary library = fixture_library();
  for (int i = 0; i < 6000; ++i) {
    for (const QuestionAnswer& qa : make_scene(library, SceneKind::several, rng).questions) {
      if (qa.language == "en" && qa.kind == "exists")
        ++(qa.answer == "yes" ? tally[qa.question].first : tally[qa.question].second);
    }
  }
  for (const auto& [question, count] : tally) {
    const int total = count.first + count.second;
    if (total < 200) continue;  // 0.12 is 3.4 standard deviations of 200
    EXPECT_NEAR(double(count.first) / total, 0.5, 0.12) << question;
  }
}

TEST(Scene, HeldOutSpritesStayOut) {
  SceneLibrary library = fixture_library();
  library.allowed_sprites = {1, 3};
  std::set<std::string> seen;
  Rng rng(20);
  for (int i = 0; i < 300; ++i) {
    const Scene scene = make_scene(library, kind_at(i), rng);
    for (const Object& object : scene.objects) {
      if (object.colour.empty()) seen.insert(object.name);
    }
    for (const QuestionAnswer& qa : scene.questions) {
      EXPECT_EQ(qa.question.find("cat"), std::string::npos);
    }
  }
  EXPECT_EQ(seen, (std::set<std::string>{"dog", "wolf"}));
}

TEST(Scene, PaintSaysAllThatIsInIt) {
  Rng a(21), b(21);
  const SceneLibrary library = fixture_library();
  for (int i = 0; i < 200; ++i) {
    const PaintSample paint = make_paint(library, a);
    EXPECT_EQ(paint.image.pixels, make_paint(library, b).image.pixels);
    EXPECT_EQ(paint.image.width, 64);
    EXPECT_EQ(paint.captions.size(), 5u);
    const bool white = *paint.image.at(0, 0) == 246 && paint.image.at(0, 0)[1] == 246;
    const bool said = paint.captions.at("en").find("background") != std::string::npos;
    EXPECT_NE(white, said);
  }
}

TEST(Library, BadPicturesAreNamed) {
  SceneLibrary library = fixture_library();
  EXPECT_TRUE(bool(check_library(library)));
  const auto message = [](const SceneLibrary& broken) {
    const Status status = check_library(broken);
    return status ? std::string() : status.error().message();
  };
  SceneLibrary grey = library;
  grey.sprites[2].rgba = make_picture(8, 8, 1);
  EXPECT_NE(message(grey).find("sprite 2 (tree)"), std::string::npos);
  SceneLibrary cut = library;
  cut.backgrounds[1].pixels.pop_back();
  EXPECT_NE(message(cut).find("background 1"), std::string::npos);
  SceneLibrary clear = library;
  clear.cutouts[0] = make_picture(8, 8, 4);
  EXPECT_NE(message(clear).find("transparent"), std::string::npos);
  SceneLibrary huge = library;
  huge.backgrounds[0].width = 1 << 30;
  EXPECT_FALSE(message(huge).empty());
  SceneLibrary index = library;
  index.allowed_sprites = {6};
  EXPECT_NE(message(index).find("allowed sprite 6"), std::string::npos);
}

TEST(Library, TinyAndThinPicturesSurvive) {
  SceneLibrary library;
  for (const auto& [w, h] : {std::pair{1, 1}, {1, 300}, {300, 1}, {2, 3}}) {
    Sprite sprite;
    sprite.name_en = "thing" + std::to_string(w * 1000 + h);
    sprite.rgba = make_picture(w, h, 4, 255);
    library.sprites.push_back(sprite);
    library.backgrounds.push_back(make_picture(w, h, 3, 9));
  }
  ASSERT_TRUE(bool(check_library(library)));
  Rng rng(22);
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(make_scene(library, kind_at(i), rng).captions.count("en"), 1u);
  }
}

}  // namespace
}  // namespace tutti
