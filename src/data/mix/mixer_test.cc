// A recipe says what is drawn: what it lacks is named, what it names is drawn from.
#include "data/mix/mixer.h"

#include <gtest/gtest.h>

#include <set>

#include "format/text/prompts.h"
#include "tests/helpers/mixture.h"
#include "tests/helpers/shard_fixture.h"

namespace tutti {
namespace {

using fixture::picture_block;

void expect_refused(const Mixture& mixture, const std::string& named) {
  const auto shards = fixture::shards_of({picture_block("cifar10", {64, 64, 3})});
  ASSERT_TRUE(shards) << shards.error().message();
  const auto mixer = Mixer::create(*shards, mixture);
  ASSERT_FALSE(mixer) << named;
  EXPECT_EQ(mixer.error().code(), ErrorCode::bad_input);
  EXPECT_NE(mixer.error().message().find(named), std::string::npos) << mixer.error().message();
}

TEST(Mixer, WhatAKindNeedsAndTheRecipeLacksIsNamed) {
  const Mixture good = mixture_of({{"cifar", 1}, {"questions", 1}});
  Mixture mixture = good;
  mixture.shares.backdrops = MixShares::kMissing;
  expect_refused(mixture, "[shares] backdrops");
  mixture = good;
  mixture.shares.plain_scenes = MixShares::kMissing;
  expect_refused(mixture, "[shares] plain_scenes");
  mixture = good;
  mixture.scene_kinds.clear();
  expect_refused(mixture, "[scene_kinds]");
  mixture.scene_kinds = {{"colour", 0}};
  expect_refused(mixture, "[scene_kinds]");
  mixture.scene_kinds = {{"color", 1}};
  expect_refused(mixture, "color");
  mixture = good;
  mixture.sources.cifar = {"cifar100"};
  expect_refused(mixture, "[mix] cifar");
  mixture = good;
  mixture.counts["cyfar"] = 1;
  expect_refused(mixture, "cyfar");
}

TEST(Mixer, WhatIsNotDrawnNeedsNoShares) {
  const auto shards = fixture::shards_of({picture_block("cifar10", {64, 64, 3})});
  ASSERT_TRUE(shards) << shards.error().message();
  Mixture mixture;
  mixture.counts = {{"cifar", 1}, {"questions", 0}};
  mixture.sources.cifar = {"*"};
  mixture.shares.backdrops = mixture.shares.photo_backdrops = mixture.shares.inverted_icons = 0;
  const auto mixer = Mixer::create(*shards, mixture);
  ASSERT_TRUE(mixer) << mixer.error().message();
  Rng rng(1);
  EXPECT_EQ(mixer->draw(rng).size(), 1u);
}

// The tokens that are answered over 40 draws of one kind from these sets.
std::set<std::vector<int32_t>> answers(const Mixture& mixture) {
  const auto shards = fixture::shards_of(
      {picture_block("flowers", {64, 64, 3},
                     {{"captions", nlohmann::json::array({nlohmann::json::array({"en", "a"})})}}),
       picture_block("mnist", {64, 64, 3})});
  EXPECT_TRUE(shards) << shards.error().message();
  const auto mixer = Mixer::create(*shards, mixture);
  EXPECT_TRUE(mixer) << mixer.error().message();
  std::set<std::vector<int32_t>> all;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Rng rng(seed);
    for (const Example& example : mixer->draw(rng)) all.insert(example.segments.back().tokens);
  }
  return all;
}

TEST(Mixer, PoolsAreFilledFromTheNamedSets) {
  Mixture mixture = mixture_of({{"labels", 1}});
  EXPECT_EQ(answers(mixture).size(), 2u);
  mixture.sources.labels = {"mnist"};
  const auto one = answers(mixture);
  EXPECT_EQ(one.size(), 1u);
  mixture.sources.labels = {"flowers"};
  EXPECT_NE(answers(mixture), one);
}

// The answers of 60 draws from two sets of pictures, each with a question of its own.
std::vector<std::vector<int32_t>> recorded_answers(const std::vector<std::string>& sets) {
  const auto asked = [](const char* source, const char* answer) {
    return picture_block(
        source, {64, 64, 3},
        {{"questions", nlohmann::json::array({nlohmann::json::array({"what?", answer})})}});
  };
  const auto shards = fixture::shards_of({asked("easyvqa", "yes"), asked("nlvr", "no")});
  EXPECT_TRUE(shards) << shards.error().message();
  Mixture mixture = mixture_of({{"recorded_questions", 1}});
  mixture.sources.questions = sets;
  const auto mixer = Mixer::create(*shards, mixture);
  std::vector<std::vector<int32_t>> all;
  if (!mixer) return all;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed);
    for (const Example& example : mixer->draw(rng)) all.push_back(example.segments.back().tokens);
  }
  return all;
}

TEST(Mixer, AStarStandsForAllThatTheListDoesNotName) {
  const auto both = recorded_answers({"easyvqa", "nlvr"});
  ASSERT_EQ(std::set(both.begin(), both.end()).size(), 2u);
  EXPECT_EQ(recorded_answers({"*"}), both);
  EXPECT_EQ(recorded_answers({"*", "nlvr"}), both);  // the rest, then it; nothing twice
  EXPECT_EQ(recorded_answers({"nlvr", "*"}), recorded_answers({"nlvr", "easyvqa"}));
  EXPECT_NE(recorded_answers({"nlvr", "*"}), both);
}

// The same seeds see the same pictures, unless what may be mirrored differs.
TEST(Mixer, AStarKeepsAllSetsUpright) {
  const auto shards = fixture::shards_of({picture_block("mnist", {64, 64, 3})});
  ASSERT_TRUE(shards) << shards.error().message();
  Mixture mixture = mixture_of({{"labels", 1}});
  mixture.shares.backdrops = mixture.shares.photo_backdrops = mixture.shares.inverted_icons = 0;
  const auto seen = [&](std::vector<std::string> upright) {
    mixture.sources.upright = std::move(upright);
    const auto mixer = Mixer::create(*shards, mixture);
    EXPECT_TRUE(mixer) << mixer.error().message();
    std::vector<std::vector<uint8_t>> pixels;
    for (uint64_t seed = 0; seed < 20; ++seed) {
      Rng rng(seed);
      pixels.push_back(mixer->draw(rng)[0].segments[0].image.pixels);
    }
    return pixels;
  };
  EXPECT_EQ(seen({"*"}), seen({"mnist"}));
  EXPECT_NE(seen({"*"}), seen({}));
}

// Of 300 draws how many are of the set, and how many are captions; every cloud has its name as the
// other half of a pair.
TEST(Mixer, CloudsAreDrawnByTheirShares) {
  const auto shards = fixture::shards_of({fixture::cloud_block("things", 8, "dog")});
  ASSERT_TRUE(shards) << shards.error().message();
  Mixture mixture = mixture_of({{"clouds", 300}});
  mixture.shares.generated_clouds = 0.7;
  mixture.shares.captioned_clouds = 0.2;
  const auto mixer = Mixer::create(*shards, mixture);
  ASSERT_TRUE(mixer) << mixer.error().message();
  Rng rng(5);
  const std::vector<Example> examples = mixer->draw(rng);
  ASSERT_EQ(examples.size(), 600u);
  const Tokens dog = shards->pieces().encode("dog");
  int things = 0, captions = 0;
  for (size_t i = 0; i < examples.size(); i += 2) {
    const Example &cloud = examples[i], &name = examples[i + 1];
    ASSERT_EQ(cloud.segments.size(), 3u);
    EXPECT_EQ(cloud.segments[0].rows.modality, "points");
    EXPECT_EQ(cloud.segments[0].rows.values.size(), 64u * 99);
    EXPECT_EQ(cloud.pair, name.pair);
    EXPECT_GE(cloud.pair, 0);
    things += name.segments[0].tokens == generation_prompt(dog, token_paint);
    captions +=
        cloud.segments[1].tokens == describe_prompt(token_caption, shards->pieces().encode("en"));
  }
  EXPECT_NEAR(things, 90, 4 * 8);
  EXPECT_NEAR(captions, 60, 4 * 7);
}

}  // namespace
}  // namespace tutti
