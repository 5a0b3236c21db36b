#include "data/mix/locate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/rng.h"
#include "data/scene/scene.h"
#include "format/text/tokenizer_trainer.h"

namespace tutti {
namespace {

// A summary token's box is a quarter of a side in a picture, and half as tall in a clip; together
// they tile the picture.
TEST(Locate, BoxesTileThePicture) {
  for (const auto& [merge, width, height] : {std::tuple{4, 32, 32}, {2, 32, 16}}) {
    std::vector<int> covered(kSceneSide * kSceneSide);
    for (int summary = 0; summary < 64 / merge; ++summary) {
      const Box box = summary_box(summary, merge);
      EXPECT_EQ(box.width(), width);
      EXPECT_EQ(box.height(), height);
      for (int y = box.top; y < box.bottom; ++y)
        for (int x = box.left; x < box.right; ++x) ++covered[y * kSceneSide + x];
    }
    EXPECT_EQ(std::count(covered.begin(), covered.end(), 1), kSceneSide * kSceneSide);
  }
}

// Of words that are frequent enough to be a piece each.
PieceTable pieces() {
  const std::vector<std::string> words = {"star",  "circle", "square", "ring",  "heart", "moon",
                                          "red",   "green",  "blue",   "black", "white", "left",
                                          "right", "turns",  "grows",  "moves", "still", "one",
                                          "two",   "top",    "bottom"};
  Rng rng(7);
  std::vector<std::string> lines;
  for (int i = 0; i < 4000; ++i) {
    std::string line = words[rng.below(int(words.size()))];
    for (int n = rng.below(6); n > 0; --n) line += " " + words[rng.below(int(words.size()))];
    lines.push_back(line);
  }
  return *PieceTable::parse(*train_tokenizer(lines, 320));
}

using Words = std::set<std::pair<int, int32_t>>;

Words words(const std::vector<Located>& located) {
  Words all;
  for (const Located& word : located) all.insert({word.row, word.token});
  return all;
}

TEST(Locate, APictureNamesEachThingWhereItIs) {
  const PieceTable table = pieces();
  const auto id = [&](const char* word) { return table.encode(word)[0]; };
  Scene scene;
  // The right half of the top left token and the one beside it; then most of the last token.
  scene.objects = {{"star", "red", SizeClass::medium, {16, 0, 64, 32}},
                   {"circle", "green", SizeClass::small, {98, 98, 126, 126}}};
  EXPECT_EQ(words(locate(scene, table)), (Words{{0, id("star")},
                                                {0, id("red")},
                                                {1, id("star")},
                                                {1, id("red")},
                                                {1, id("one")},
                                                {1, id("top")},
                                                {1, id("left")},
                                                {15, id("circle")},
                                                {15, id("green")},
                                                {15, id("one")},
                                                {15, id("bottom")},
                                                {15, id("right")}}));
  scene.objects[0].visible = 0.3;
  EXPECT_EQ(words(locate(scene, table)), (Words{{15, id("circle")},
                                                {15, id("green")},
                                                {15, id("one")},
                                                {15, id("bottom")},
                                                {15, id("right")}}));
  // Two of a kind.
  scene.objects[0] = scene.objects[1];
  EXPECT_TRUE(words(locate(scene, table)).count({15, id("two")}));
}

TEST(Locate, ANameInAQuestionSaysWhereItsThingsAre) {
  const PieceTable table = pieces();
  const auto id = [&](const char* word) { return table.encode(word)[0]; };
  Scene scene;
  scene.objects = {{"star", "red", SizeClass::small, {4, 4, 30, 30}},
                   {"star", "blue", SizeClass::small, {98, 98, 126, 126}},
                   {"moon", "", SizeClass::small, {4, 50, 30, 76}}};
  const auto row_after = [&](const std::string& read) {
    return int(table.encode(read).size()) - 1;
  };
  const std::string both = "what moves left moon stars red star";
  EXPECT_EQ(words(locate(scene, both, table)),
            (Words{{row_after("what moves left moon"), id("left")},
                   {row_after("what moves left moon"), id("one")},
                   {row_after("what moves left moon stars"), id("top")},
                   {row_after("what moves left moon stars"), id("left")},
                   {row_after("what moves left moon stars"), id("bottom")},
                   {row_after("what moves left moon stars"), id("right")},
                   {row_after("what moves left moon stars"), id("two")},
                   {row_after(both), id("top")},
                   {row_after(both), id("left")},
                   {row_after(both), id("one")}}));
  // A part of a word is no name.
  EXPECT_TRUE(locate(scene, "what starts moonlight", table).empty());
}

TEST(Locate, AClipSaysWhatAThingDoesWhereItStays) {
  const PieceTable table = pieces();
  const auto id = [&](const char* word) { return table.encode(word)[0]; };
  ClipSample clip;
  clip.objects = {{"star", "red", Action::move_left, {}}};
  // Three frames in the last token, four in the first.
  for (int frame = 0; frame < 3; ++frame) clip.objects[0].boxes[frame] = {96, 112, 128, 128};
  for (int frame = 12; frame < 16; ++frame) clip.objects[0].boxes[frame] = {0, 0, 32, 16};
  EXPECT_EQ(words(locate(clip, table)), (Words{{0, id("star")}, {0, id("red")}, {0, id("left")}}));
}

}  // namespace
}  // namespace tutti
