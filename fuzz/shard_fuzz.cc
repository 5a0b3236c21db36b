// Blocks of shards, decoded and then drawn from: whatever a block holds, it is refused, or every
// example that can be drawn from its records has the shape that the model reads.
//
// Input: which set, width, height, and what sheets there are (a byte each), then the JSON of the
// block or, where the highest bit of the first byte is set, the bytes of its only member.
#include <cstdlib>

#include "data/mix/mixer.h"
#include "format/picture_file.h"
#include "fuzz_target.h"
#include "tests/helpers/check_examples.h"
#include "tests/helpers/mixture.h"
#include "tests/helpers/shard_fixture.h"

namespace {

using namespace tutti;
using fixture::MadeBlock;

struct Set {
  const char *source, *kind, *member;
};
constexpr Set kSets[] = {{"emoji_noto", "pictures", ".picture.png"},
                         {"emoji_fluent3d", "pictures", ".picture.png"},
                         {"icons_mdi", "pictures", ".picture.png"},
                         {"flickr8k", "pictures", ".picture.png"},
                         {"cifar10", "pictures", ".picture.png"},
                         {"mnist", "pictures", ".picture.png"},
                         {"persons_ccp", "pictures", ".picture.png"},
                         {"persons_cutout", "pictures", ".picture.png"},
                         {"cutout_scenes", "pictures", ".picture.png"},
                         {"easyvqa", "pictures", ".picture.png"},
                         {"fsdd", "speech", ".mel.png"},
                         {"grid_av", "speech", ".mel.png"},
                         {"lj_reread", "speech", ".mel.png"},
                         {"synth_en", "speech", ".mel.png"},
                         {"esc10", "speech", ".mel.png"},
                         {"vocoder", "vocoder", ".ulaw.z"},
                         {"tatoeba", "text", ".tokens.z"},
                         {"camvid_seq", "series", ".picture.png"},
                         {"radar_fmi", "series", ".picture.png"},
                         {"voxels", "voxels", ".cells.z"},
                         {"sweethome_points", "clouds", ".xyz.z"}};

size_t index_of(const char* source) {
  for (size_t i = 0; i < std::size(kSets); ++i)
    if (std::string(kSets[i].source) == source) return i;
  std::abort();
}

// Sheets of a block, so that mutations of its JSON reach what is behind them.
void add_sheets(MadeBlock& block, const uint8_t* shape) {
  const int width = 1 + shape[0], height = 1 + shape[1];
  const int channels = std::array{1, 3, 4, 3}[shape[2] & 3];
  auto& members = block.members;
  if (block.kind == "pictures") {
    members.push_back({".picture.png", fixture::sheet(width, height, channels)});
    if (shape[2] & 4) members.push_back({".mask.png", fixture::sheet(width, height, 1)});
    if (shape[2] & 8) members.push_back({".alpha.png", fixture::sheet(width, height, 1)});
  } else if (block.kind == "speech") {
    members.push_back({".mel.png", fixture::sheet(8 * width, shape[2] & 4 ? 79 : 80, 1)});
  } else if (block.kind == "series") {
    // 4 x 4 tiles of the height's size; class 0 alone.
    members.push_back({".picture.png", fixture::sheet(4 * height, 4 * height, channels)});
    const Picture classes = make_picture(2 * height, 2 * height, 1, shape[2] & 4 ? 1 : 0);
    members.push_back({".classes.png", encode_png(classes)});
  } else {
    std::string bytes(size_t(width) * size_t(height), char(shape[2]));
    const bool wide = block.kind == "text" && shape[2] & 1;  // ids of 32 bits
    if (wide) std::fill(bytes.begin() + long(bytes.size() / 4), bytes.end(), '\0');
    const std::string name = block.kind == "vocoder"  ? ".ulaw.z"
                             : wide                   ? ".ids.z"
                             : block.kind == "text"   ? ".tokens.z"
                             : block.kind == "clouds" ? ".xyz.z"
                                                      : ".cells.z";
    members.push_back({name, fixture::packed(bytes)});
  }
}

std::string seed(const char* source, int width, int height, int sheets, const std::string& json) {
  return std::string({char(index_of(source)), char(width - 1), char(height - 1), char(sheets)}) +
         json;
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  const std::string picture =
      R"({"tile_width":64,"tile_height":64,"columns":1,"pictures":[{"key":"k","width":64,)"
      R"("height":64,"label":"dog","captions":[["en","a dog"],["de","Hund"]],)"
      R"("questions":[["what?","yes"]]}]})";
  const std::string speech =
      R"({"recordings":[{"key":"r","frames":90,"text":"one dog","language":"en","label":"x",)"
      R"("synthetic":true,"timing":[[0,3,10,300],[4,7,400,800]]}]})";
  const std::string street =
      R"({"key":"s","kind":"street","width":32,"height":32,"columns":4,"frames":16,)"
      R"("classes":["road","sky"]})";
  std::string radar = street;
  radar.replace(radar.find("street"), 6, "radar");
  std::vector<std::string> seeds;
  for (const char* set : {"emoji_noto", "emoji_fluent3d", "persons_cutout"})
    seeds.push_back(seed(set, 64, 64, 1 | 8, picture));
  for (const char* set : {"icons_mdi", "flickr8k", "cifar10", "mnist", "cutout_scenes", "easyvqa"})
    seeds.push_back(seed(set, 64, 64, 1, picture));
  seeds.push_back(seed("persons_ccp", 64, 64, 1 | 4, picture));
  for (const char* set : {"fsdd", "grid_av", "lj_reread", "synth_en", "esc10"})
    seeds.push_back(seed(set, 12, 1, 0, speech));
  seeds.push_back(
      seed("vocoder", 128, 128, 0x55, R"({"recordings":[{"key":"v","samples":16000}]})"));
  seeds.push_back(seed("tatoeba", 4, 4, 0,
                       R"({"language":["en","de"],"kind":["plain","pair"],)"
                       R"("prompt":[0,2],"text":[2,2],"rejected":[0,0]})"));
  seeds.push_back(seed("tatoeba", 4, 8, 1,
                       R"({"language":["en","de"],"kind":["plain","pair"],)"
                       R"("prompt":[0,2],"text":[2,2],"rejected":[0,0]})"));
  seeds.push_back(seed("camvid_seq", 1, 32, 1, street));
  seeds.push_back(seed("radar_fmi", 1, 32, 0, radar));
  seeds.push_back(seed("voxels", 128, 64, 0x3c,
                       R"({"things":[{"key":"a","label":"chair"},{"key":"b","label":""}]})"));
  std::string things;
  for (int i = 0; i < 8; ++i) things += R"(,{"key":"k","name":"big dog","label":"dog","points":4})";
  seeds.push_back(seed("sweethome_points", 16, 12, 7, R"({"things":[)" + things.substr(1) + "]}"));
  return seeds;
}

int fuzz_mutations() {
  return 1500;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const Set& set = kSets[(data[0] & 127) % std::size(kSets)];
  const std::string rest(reinterpret_cast<const char*>(data) + 4, size - 4);
  MadeBlock block{set.kind, set.source, {}};
  if (data[0] & 128) {
    block.members.push_back({set.member, rest});
    block.members.push_back({".json.z", fixture::packed(R"({"recordings":[],"things":[]})")});
  } else {
    add_sheets(block, data + 1);
    block.members.push_back({".json.z", fixture::packed(rest)});
  }
  const auto shards = fixture::shards_of({block});
  if (!shards) {
    if (shards.error().message().empty()) std::abort();
    return 0;
  }
  Mixture mixture = mixture_of({});
  mixture.counts = Mixer::every_kind(*shards, mixture, 1);
  const auto mixer = Mixer::create(*shards, mixture);
  if (!mixer) return 0;
  Rng rng(size);
  if (!defect_of(mixer->draw(rng), shards->pieces().size()).empty()) std::abort();
  return 0;
}
