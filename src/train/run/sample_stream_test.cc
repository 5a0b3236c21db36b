// What a shipped recipe draws: the same examples for the same seed, whatever moves between the
// recipe and the code. Shards of one record in every set that a recipe may name, and a digest of
// the examples that each recipe draws from them, recorded when shares and sets were still code.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "data/mix/mixer.h"
#include "format/picture_file.h"
#include "tests/helpers/shard_fixture.h"
#include "train/run/recipe.h"

namespace tutti {
namespace {

using fixture::MadeBlock;
using fixture::picture_block;
using nlohmann::json;

// FNV-1a over what is drawn. Pixels and spectrograms are left out, whose roundings differ between
// processors; a draw more or less shows in everything behind it.
class Digest {
 public:
  // As they counted when the digests were recorded.
  static uint64_t number_of(Stem stem) {
    constexpr Stem kOrder[] = {Stem::pieces, Stem::picture, Stem::clip,   Stem::sound,
                               Stem::noisy,  Stem::spoken,  Stem::patches};
    return uint64_t(std::find(std::begin(kOrder), std::end(kOrder), stem) - kOrder);
  }
  void add(uint64_t value) {
    for (int byte = 0; byte < 8; ++byte)
      hash_ = (hash_ ^ (value >> 8 * byte & 255)) * 0x100000001b3u;
  }
  void add(const Segment& segment) {
    add(number_of(segment.stem));
    add(segment.target);
    add(segment.tokens.size());
    for (int32_t token : segment.tokens) add(uint64_t(token));
    for (const Located& word : segment.located) {
      add(uint64_t(word.row));
      add(uint64_t(word.token));
    }
    add(segment.clip.frames.size());
    add(segment.mel.values.size());
    for (char c : segment.transcript) add(uint64_t(c));
  }
  void add(const Example& example) {
    add(uint64_t(example.task));
    add(uint64_t(int64_t(example.pair)));
    add(example.sound.samples.size());
    for (const Segment& segment : example.segments) add(segment);
  }
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325u;
};

MadeBlock speech(const std::string& source, const std::string& text, bool synthetic) {
  const json entry = {{"key", source},
                      {"frames", 90},
                      {"text", text},
                      {"language", "en"},
                      {"label", source},
                      {"synthetic", synthetic},
                      {"timing", json::array({json::array({0, 3, 10, 500})})}};
  return fixture::speech_block(source, entry, 90);
}

MadeBlock series(const std::string& source, const std::string& kind) {
  const json head = {{"key", source},
                     {"kind", kind},
                     {"width", 32},
                     {"height", 32},
                     {"columns", 4},
                     {"frames", 16},
                     {"classes", json::array({"road", "sky"})}};
  MadeBlock block{"series", source, {{".json.z", fixture::packed(head.dump())}}};
  block.members.push_back({".picture.png", fixture::sheet(128, 128, 3)});
  if (kind == "street")
    block.members.push_back({".classes.png", encode_png(make_picture(64, 64, 1, 0))});
  return block;
}

std::vector<MadeBlock> every_set() {
  std::vector<MadeBlock> blocks;
  const auto pictures = [&](std::initializer_list<const char*> sources,
                            const fixture::PictureShape& shape) {
    for (const char* source : sources)
      blocks.push_back(picture_block(
          source, shape,
          {{"label", "dog"}, {"captions", json::array({json::array({"en", source})})}}));
  };
  pictures({"emoji_noto", "emoji_fluent3d", "persons_cutout"}, {64, 64, 4, false, true});
  pictures({"icons_mdi", "icons_game"}, {64, 64, 1});
  pictures({"flickr8k", "cifar10", "tinyimagenet", "imagenet_samples", "flowers", "sign_digits",
            "mnist", "backgrounds_bsds", "cutout_scenes"},
           {64, 64, 3});
  pictures({"persons_ccp", "persons_hseg", "persons_grid"}, {64, 64, 3, true});
  for (const char* source : {"easyvqa", "nlvr"})
    blocks.push_back(picture_block(
        source, {64, 64, 3},
        {{"questions", json::array({json::array({std::string("what is ") + source, "yes"})})}}));
  for (const char* source : {"fsdd", "speech_commands", "grid_av", "lj_reread", "wake_words",
                             "emodb", "coffee_intents", "esc10"})
    blocks.push_back(speech(source, std::string("one ") + source, false));
  blocks.push_back(speech("synth_en", "emoji_noto", true));
  blocks.push_back(speech("synth_digit", "two", true));
  blocks.push_back(
      {"vocoder",
       "vocoder",
       {{".ulaw.z", fixture::packed(std::string(16384, '\x55'))},
        {".json.z", fixture::packed(R"({"recordings":[{"key":"v","samples":16000}]})")}}});
  blocks.push_back(
      {"text",
       "tatoeba",
       {{".tokens.z", fixture::packed(std::string(6, '\x20') + std::string(6, '\0'))},
        {".json.z", fixture::packed(R"({"language":["en","de"],"kind":["plain","pair"],)"
                                    R"("prompt":[0,2],"text":[2,2],"rejected":[0,0]})")}}});
  blocks.push_back(series("camvid_seq", "street"));
  blocks.push_back(series("radar_fmi", "radar"));
  blocks.push_back(
      {"voxels",
       "voxels",
       {{".cells.z", fixture::packed(std::string(2 * 4096, '\x3c'))},
        {".json.z",
         fixture::packed(R"({"things":[{"key":"a","label":"chair"},{"key":"b","label":""}]})")}}});
  return blocks;
}

uint64_t digest_of(const Mixer& mixer) {
  Digest digest;
  for (uint64_t step = 0; step < 3; ++step) {
    Rng rng(step);
    for (const Example& example : mixer.draw(rng)) digest.add(example);
    digest.add(rng.next());
  }
  return digest.value();
}

TEST(SampleStream, EveryRecipeDrawsAsRecorded) {
  const auto shards = fixture::shards_of(every_set());
  ASSERT_TRUE(shards) << shards.error().message();
  const std::map<std::string, uint64_t> recorded = {
      {"ablation", 5203995333353986870u}, {"fewstep", 3724195525504471652u},
      {"nano", 6281023070259282124u},     {"quantize", 13205598454300840173u},
      {"student", 13205598454300840173u}, {"tiny", 5438478041542174975u}};
  const char* source = std::getenv("TUTTI_SOURCE_DIR");
  for (const auto& [name, wanted] : recorded) {
    const auto recipe =
        read_recipe(std::string(source ? source : ".") + "/recipes/" + name + ".toml");
    ASSERT_TRUE(recipe) << recipe.error().message();
    const auto mixer = Mixer::create(*shards, recipe->mix);
    ASSERT_TRUE(mixer) << mixer.error().message();
    EXPECT_EQ(digest_of(*mixer), wanted) << name;
  }
}

}  // namespace
}  // namespace tutti
