// Shards from a stranger: what a set does not promise is refused by name when its block is decoded,
// and whatever is accepted can be drawn.
#include <gtest/gtest.h>

#include "data/mix/mixer.h"
#include "tests/helpers/check_examples.h"
#include "tests/helpers/mixture.h"
#include "tests/helpers/shard_fixture.h"

namespace tutti {
namespace {

using fixture::MadeBlock;
using fixture::picture_block;
using fixture::PictureShape;
using fixture::shards_of;
using nlohmann::json;

// Opens the blocks and draws a few steps of every kind that they can give.
void expect_drawn(const std::string& what, const std::vector<MadeBlock>& blocks) {
  SCOPED_TRACE(what);
  const auto shards = shards_of(blocks);
  ASSERT_TRUE(shards) << shards.error().message();
  Mixture mixture = mixture_of({});
  mixture.counts = Mixer::every_kind(*shards, mixture, 2);
  const auto mixer = Mixer::create(*shards, mixture);
  ASSERT_TRUE(mixer) << mixer.error().message();
  for (uint64_t seed = 0; seed < 3; ++seed) {
    Rng rng(seed);
    const std::vector<Example> examples = mixer->draw(rng);
    EXPECT_FALSE(examples.empty());
    EXPECT_EQ(defect_of(examples, shards->pieces().size()), "");
  }
}

void expect_refused(const std::string& named, const MadeBlock& block) {
  const auto shards = shards_of({block});
  ASSERT_FALSE(shards) << "accepted where " << named << " was to be refused";
  EXPECT_EQ(shards.error().code(), ErrorCode::bad_input);
  EXPECT_NE(shards.error().message().find(named), std::string::npos) << shards.error().message();
}

TEST(HostileShards, APersonHasAMaskColoursAndASize) {
  expect_refused("no mask", picture_block("persons_ccp", {64, 64, 3}));
  expect_refused("8x8", picture_block("persons_hseg", {8, 8, 3, true}));
  expect_refused("31x400", picture_block("persons_grid", {31, 400, 3, true}));
  expect_refused("4 channels", picture_block("persons_ccp", {64, 64, 3, true, true}));
  MadeBlock other = picture_block("persons_ccp", {64, 64, 3, true});
  other.members.back().second = fixture::sheet(32, 32, 1);
  expect_refused("shape", other);
  expect_drawn("a person", {picture_block("persons_ccp", {64, 64, 3, true})});
  expect_drawn("a grey person", {picture_block("persons_ccp", {64, 64, 1, true})});
  expect_drawn("the smallest person", {picture_block("persons_ccp", {32, 400, 3, true})});
}

TEST(HostileShards, GroundsAndCutoutsHaveTheirChannels) {
  expect_refused("3 channels", picture_block("persons_cutout", {64, 64, 3}));
  expect_refused("4 channels", picture_block("backgrounds_bsds", {64, 64, 3, false, true}));
  const MadeBlock emoji = picture_block("emoji_noto", {64, 64, 3, false, true});
  expect_drawn("grey ground", {picture_block("backgrounds_bsds", {64, 64, 1}), emoji});
  expect_drawn("tiny ground", {picture_block("cutout_scenes", {1, 1, 3}), emoji});
}

TEST(HostileShards, PicturesOfAnyShapeAreFitted) {
  for (const char* set : {"emoji_noto", "icons_mdi", "flickr8k", "cifar10", "mnist"})
    for (const PictureShape& shape :
         {PictureShape{1, 1, 1}, PictureShape{1, 1, 3, false, true}, PictureShape{1, 4096, 3},
          PictureShape{4096, 1, 3, false, true}, PictureShape{40, 30, 1}})
      expect_drawn(set, {picture_block(set, shape)});
}

TEST(HostileShards, PicturesAreBounded) {
  expect_refused("1x16000", picture_block("flickr8k", {1, 16000, 3}));
  expect_refused("4097x1", picture_block("emoji_noto", {4097, 1, 3, false, true}));
}

TEST(HostileShards, NumbersOfTheJsonAreNotCutToFit) {
  for (const json& width : {json(4294967297u + 63u), json(-1), json(1e300), json(0), json("64")})
    for (const char* key : {"tile_width", "tile_height", "columns"}) {
      MadeBlock block = picture_block("flickr8k", {64, 64, 3});
      json head = {{"tile_width", 64}, {"tile_height", 64}, {"columns", 1}};
      head["pictures"] = json::array();
      head[key] = width;
      block.members[1].second = fixture::packed(head.dump());
      expect_refused(key, block);
    }
}

json recording(const json& timing) {
  return {{"key", "r"},       {"frames", 100},  {"text", "one dog"}, {"language", "en"},
          {"timing", timing}, {"label", "one"}, {"synthetic", true}};
}

TEST(HostileShards, WordTimesLieInTheRecording) {
  const auto block = [](const json& part) {
    return fixture::speech_block("grid_av", recording(json::array({part})), 112);
  };
  for (const json& part :
       {json::array({0, 3, 0, 1e30}), json::array({0, 3, 0, 2100}), json::array({0, 3, -5, 10}),
        json::array({0, 3, 20, 10}), json::array({0, 9, 0, 10}), json::array({-1, 3, 0, 10}),
        json::array({4294967296, 4294967299, 0, 10}), json::array({0.5, 3, 0, 10})})
    expect_refused("word times", block(part));
  expect_drawn("words", {block(json::array({0, 3, 0, 1500}))});
  expect_drawn("spoken", {fixture::speech_block("synth_en", recording({{0, 3, 0, 400}}), 112)});
}

TEST(HostileShards, OnlyTheVocodersSetLacksSpectrograms) {
  const json head = {
      {"recordings", json::array({{{"key", "r"}, {"samples", 40}, {"synthetic", true}}})}};
  MadeBlock block{"vocoder", "synth_en", {}};
  block.members = {{".ulaw.z", fixture::packed(std::string(40, 'x'))},
                   {".json.z", fixture::packed(head.dump())}};
  expect_refused("synth_en", block);
  block.source = "vocoder";
  expect_drawn("vocoder", {block});
}

TEST(HostileShards, TextsAreBounded) {
  const auto named = [](const char* what, size_t bytes) {
    return picture_block("emoji_noto", {64, 64, 3, false, true},
                         json{{what, std::string(bytes, 'x')}});
  };
  expect_refused("label", named("label", 10'000));
  json questions = json::array({json::array({std::string(2000, 'q'), "yes"})});
  expect_refused("question", picture_block("easyvqa", {64, 64, 3}, json{{"questions", questions}}));
  const std::string words = "circle square triangle star heart";
  expect_drawn("long name", {named("label", 4'000)});
}

// A name that holds those of all shapes lets no other thing stand beside it.
TEST(HostileShards, ANameThatClashesWithEveryOtherStillMakesScenes) {
  std::string all;
  for (const char* shape : {"circle", "square", "triangle", "star", "heart", "diamond", "cross",
                            "ring", "crescent", "hexagon", "arrow", "oval", "moon", "pentagon"})
    all += std::string(shape) + " ";
  expect_drawn("all names", {picture_block("emoji_noto", {64, 64, 3, false, true},
                                           json{{"label", all}, {"captions", json::array()}})});
}

TEST(HostileShards, ThingsOfNothingAreDrawn) {
  const json head = {{"things", json::array({{{"key", "v"}, {"label", ""}}})}};
  MadeBlock block{"voxels", "voxels", {}};
  block.members = {{".cells.z", fixture::packed(std::string(VoxelRecord::kBytes, '\0'))},
                   {".json.z", fixture::packed(head.dump())}};
  expect_drawn("empty voxels", {block});
}

TEST(HostileShards, CloudsHaveThePointsThatTheyPromise) {
  expect_drawn("clouds", {fixture::cloud_block("things", 8, "dog")});
  expect_drawn("too few to be taught", {fixture::cloud_block("things", 7, "dog")});
  expect_drawn("of no kind", {fixture::cloud_block("things", 8, "")});
  expect_refused("fewer points", fixture::cloud_block("things", 8, "dog", 3));
  expect_refused("points is 0", fixture::cloud_block("things", 8, "dog", 0));
  expect_refused("points is 65537", fixture::cloud_block("things", 8, "dog", 65537));
  expect_refused("label", fixture::cloud_block("things", 8, std::string(10'000, 'x')));
  MadeBlock block = fixture::cloud_block("things", 8, "dog");
  block.members.erase(block.members.begin());
  expect_refused(".xyz.z", block);
}

}  // namespace
}  // namespace tutti
