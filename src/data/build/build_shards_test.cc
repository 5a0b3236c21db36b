// Builds shards from a tiny generated root and reads them back: what is in them, on which side of
// the split, that the bytes repeat, and that damage is noticed.
#include "data/build/build_shards.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "data/build/read/table.h"
#include "data/decode_block.h"
#include "data/shard_format.h"
#include "data/shard_set.h"
#include "format/package/save_model.h"
#include "format/text/tokenizer.h"
#include "tests/helpers/raw_sets_fixture.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

class Shards : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / ("tutti_shards_" + std::to_string(::getpid()));
    fixture::make_root(folder_ / "raw");
    build("a");
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }

  static void build(const std::string& name, uint64_t budget = 60'000'000) {
    BuildOptions options;
    options.vocabulary = 350;
    options.synthetic_hours = 0;
    options.budget_bytes = budget;
    const auto made = build_shards((folder_ / "raw").string(), (folder_ / name).string(), options);
    ASSERT_TRUE(made) << made.error().message();
    summary_ = *made;
  }
  static ShardSet open(Split split, const std::string& name = "a") {
    auto set = ShardSet::open((folder_ / name).string(), split);
    EXPECT_TRUE(set) << set.error().message();
    return *std::move(set);
  }
  static std::map<std::string, std::string> files(const std::string& name) {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::directory_iterator(folder_ / name)) {
      out[entry.path().filename().string()] = *read_whole_file(entry.path());
    }
    return out;
  }

  static fs::path folder_;
  static ShardSummary summary_;
};
fs::path Shards::folder_;
ShardSummary Shards::summary_;

TEST_F(Shards, PicturesComeBack) {
  const ShardSet set = open(Split::train);
  ASSERT_FALSE(set.pictures("flickr8k").empty());
  for (const PictureRecord& record : set.pictures("flickr8k")) {
    EXPECT_EQ(record.picture.channels, 3);
    EXPECT_EQ(record.picture.width, 128);  // 150 x 100 fits inside as 128 x 85
    EXPECT_EQ(record.picture.height, 85);
    ASSERT_EQ(record.captions.size(), 2u);
    const std::string number = record.key.substr(4, record.key.size() - 8);
    EXPECT_EQ(record.captions[0].text, "A disc of number " + number + " .");
    EXPECT_EQ(record.captions[1].language, "de");
    const Picture whole = fixture::disc(150, 100, 3, std::stoi(number));
    EXPECT_NEAR(record.picture.at(64, 42)[0], whole.at(75, 50)[0], 12);  // JPEG, twice
  }
  ASSERT_FALSE(set.pictures("persons_ccp").empty());
  for (const PictureRecord& record : set.pictures("persons_ccp")) {
    ASSERT_TRUE(record.mask);
    EXPECT_EQ(record.mask->width, record.picture.width);
    EXPECT_EQ(record.picture.height, 160);
  }
}

TEST_F(Shards, SpritesKeepTheirOutline) {
  const ShardSet set = open(Split::train);
  ASSERT_GT(set.pictures("emoji_noto").size(), 150u);
  for (const PictureRecord& record : set.pictures("emoji_noto")) {
    ASSERT_EQ(record.picture.channels, 4);
    EXPECT_EQ(record.picture.width, 96);
    EXPECT_LT(record.picture.at(2, 2)[3], 12);
    EXPECT_GT(record.picture.at(48, 48)[3], 243);
    // No fringe: the colour goes on where the disc has ended.
    EXPECT_NEAR(record.picture.at(2, 2)[0], record.picture.at(48, 48)[0], 16);
    EXPECT_EQ(record.captions[0].text, record.label);
    EXPECT_EQ(record.captions[1].language, "keywords");
    EXPECT_EQ(record.captions[2].language, "de");
  }
}

TEST_F(Shards, SpeechTextAndQuestionsComeBack) {
  const ShardSet set = open(Split::train);
  ASSERT_FALSE(set.speech("fsdd").empty());
  for (const SpeechRecord& record : set.speech("fsdd")) {
    EXPECT_TRUE(record.transcript.text == "one" || record.transcript.text == "two");
    EXPECT_EQ(record.mel.frames(), 30 + std::stoi(record.key.substr(4)));
    EXPECT_FALSE(record.transcript.ids.empty());
  }
  ASSERT_FALSE(set.speech("vocoder").empty());
  EXPECT_EQ(set.speech("vocoder")[0].sound.samples.size(), 8000u);
  ASSERT_FALSE(set.texts("tatoeba").empty());
  const TextRecord& pair = set.texts("tatoeba")[0];
  EXPECT_EQ(pair.kind, "pair");
  EXPECT_FALSE(set.pieces().decode(pair.prompt).empty());
  const auto& questions = set.questions("easyvqa");
  ASSERT_EQ(questions.size(), 2 * set.pictures("easyvqa").size());
  EXPECT_LT(questions.back().picture, set.pictures("easyvqa").size());
  EXPECT_EQ(questions[0].answer.text, "disc");
}

TEST_F(Shards, SeriesComeBackWhole) {
  const ShardSet train = open(Split::train), eval = open(Split::eval);
  // The hole in the drive 0006R0 makes two series of it.
  const auto& drives = train.series("camvid_seq");
  ASSERT_EQ(drives.size(), 2u);
  for (const SeriesRecord& drive : drives) {
    EXPECT_TRUE(drive.key.starts_with("0006R0/")) << drive.key;
    EXPECT_EQ(drive.kind, SeriesRecord::Kind::street);
    EXPECT_EQ(drive.class_names, (std::vector<std::string>{"sky", "road", "tree"}));
    ASSERT_EQ(drive.frames.size(), 18u);
    ASSERT_EQ(drive.classes.size(), 18u);
    const int first = drive.key == "0006R0/300/0" ? 0 : 18;
    for (int i = 0; i < 18; ++i) {
      const Picture &frame = drive.frames[size_t(i)], &classes = drive.classes[size_t(i)];
      const Picture drawn = fixture::disc(192, 144, 3, first + i);
      EXPECT_NEAR(frame.at(96, 72)[0], drawn.at(96, 72)[0], 20);  // JPEG, twice
      ASSERT_EQ(classes.width, 96);
      // Indices are kept exactly: trees reach column 5 (i mod 20) of 192.
      const int trees = 5 * ((first + i) % 20);
      for (int x = 0; x < 96; ++x) EXPECT_EQ(*classes.at(x, 10), 2 * x + 1 < trees ? 2 : 0) << x;
      EXPECT_EQ(*classes.at(50, 40), 1);
    }
  }
  ASSERT_EQ(eval.series("camvid_seq").size(), 1u);
  EXPECT_TRUE(eval.series("camvid_seq")[0].key.starts_with("0001TP/"));
  ASSERT_EQ(train.series("radar_fmi").size(), 1u);
  ASSERT_EQ(eval.series("radar_fmi").size(), 1u);
  const SeriesRecord& rain = train.series("radar_fmi")[0];
  EXPECT_EQ(rain.frames[3].channels, 1);
  EXPECT_NEAR(*rain.frames[3].at(30, 35), 120, 4);
  EXPECT_NEAR(*rain.frames[3].at(30, 100), 30, 4);
}

TEST_F(Shards, VoxelsComeBack) {
  const ShardSet train = open(Split::train), eval = open(Split::eval);
  const auto& things = train.voxels("voxels");
  EXPECT_EQ(things.size() + eval.voxels("voxels").size(), 120u);
  EXPECT_GT(eval.voxels("voxels").size(), 3u);
  for (const VoxelRecord& thing : things) {
    const auto filled = size_t(std::count(thing.cells.begin(), thing.cells.end(), 255));
    EXPECT_EQ(thing.key, thing.label + "/" + std::to_string((filled - 400) / 10));
    // Byte 1500 begins the cells (11, 23, 0...7); byte 0 the cells (0, 0, 0...7).
    EXPECT_EQ(thing.filled(0, 0, 0), thing.label == "monitor");
    EXPECT_EQ(thing.filled(11, 23, 7), thing.label == "chair");
  }
}

TEST_F(Shards, CloudsComeBackBitForBit) {
  const ShardSet train = open(Split::train), eval = open(Split::eval);
  EXPECT_EQ(train.cloud_sources(), std::vector<std::string>{"sweethome_points"});
  const auto &taught = train.clouds("sweethome_points"),
             &held_out = eval.clouds("sweethome_points");
  EXPECT_EQ(taught.size() + held_out.size(), 60u);
  ASSERT_GT(held_out.size(), 3u);
  EXPECT_EQ(taught[0].split, Split::train);
  EXPECT_EQ(held_out[0].split, Split::eval);
  for (const CloudRecord& rod : taught) {
    const int i = std::stoi(rod.key.substr(10));
    EXPECT_EQ(rod.name, i % 2 ? "long rod" : "desk lamp");
    EXPECT_EQ(rod.label, i % 2 ? "rod" : "lamp");
    const float up = float(i) / 511;
    EXPECT_EQ(rod.xyz, (std::vector<float>{-1, 0, up, 0, 0, up, 1, 0, up})) << rod.key;
  }
}

TEST_F(Shards, TheTokenizerMayBeAModels) {
  const std::string pieces = open(Split::train).tokenizer_model(),
                    model = (folder_ / "model.safetensors").string();
  ASSERT_TRUE(save_model(model, "{}", "", std::as_bytes(std::span(pieces)), {}, DType::f32));
  fixture::make_clouds(folder_ / "wordless");
  BuildOptions options;
  options.synthetic_hours = 0;
  const auto build = [&] {
    return build_shards((folder_ / "wordless").string(), (folder_ / "of_model").string(), options);
  };
  EXPECT_FALSE(build());
  options.tokenizer_of = model;
  const auto made = build();
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(open(Split::train, "of_model").tokenizer_model(), pieces);
}

TEST_F(Shards, DamagedSeriesAreNamed) {
  const fs::path raw = folder_ / "bad";
  const auto message = [&] {
    BuildOptions options;
    options.synthetic_hours = 0;
    options.vocabulary = 300;
    const auto made = build_shards(raw.string(), (folder_ / "out").string(), options);
    return made ? std::string("built") : made.error().message();
  };
  fixture::make_texts(raw);
  fixture::make_series(raw);
  fixture::write(raw / "camvid_seq/classes.txt", "sky\nroad\n");
  EXPECT_NE(message().find("has the class 2; there are 2"), std::string::npos) << message();
  fixture::make_series(raw);
  fixture::write(raw / "voxels/chair.bits", "short");
  EXPECT_NE(message().find("chair.bits has 5 bytes"), std::string::npos) << message();
}

TEST_F(Shards, IdsAreThoseOfTheTokenizer) {
  const ShardSet set = open(Split::train);
  const auto tokenizer =
      Tokenizer::open(kSentencePiece, std::as_bytes(std::span(set.tokenizer_model())));
  ASSERT_TRUE(tokenizer);
  ASSERT_FALSE(set.pictures("flickr8k").empty());
  for (const PictureRecord& record : set.pictures("flickr8k")) {
    for (const Caption& caption : record.captions) {
      EXPECT_EQ(caption.ids, *tokenizer->encode(caption.text));
    }
  }
}

TEST_F(Shards, SidesAreDisjoint) {
  const ShardSet train = open(Split::train), eval = open(Split::eval);
  EXPECT_GE(train.picture_sources().size(), 4u);
  for (const std::string& source : train.picture_sources()) {
    std::set<std::string> keys;
    for (const PictureRecord& record : train.pictures(source)) keys.insert(record.key);
    EXPECT_FALSE(eval.pictures(source).empty()) << source;
    for (const PictureRecord& record : eval.pictures(source)) {
      EXPECT_FALSE(keys.contains(record.key)) << source << " " << record.key;
    }
  }
  for (const std::string source : {"fsdd", "speech_commands"}) {
    std::set<std::string> speakers;
    for (const SpeechRecord& record : train.speech(source)) speakers.insert(record.speaker);
    EXPECT_FALSE(eval.speech(source).empty()) << source;
    for (const SpeechRecord& record : eval.speech(source)) {
      EXPECT_FALSE(speakers.contains(record.speaker)) << source << " " << record.speaker;
    }
  }
  // A concept held out in both styles has no drawing in training.
  for (const PictureRecord& record : eval.pictures("emoji_noto")) {
    for (const PictureRecord& drawn : train.pictures("emoji_fluent3d")) {
      EXPECT_NE(drawn.key, record.key);
    }
  }
}

TEST_F(Shards, BytesRepeat) {
  build("b");
  EXPECT_EQ(files("a"), files("b"));
}

TEST_F(Shards, BudgetIsKept) {
  build("small", 400'000);
  EXPECT_LE(summary_.train_bytes, 400'000u);
  uint64_t bytes = 0;
  for (const auto& [name, data] : files("small")) bytes += name.starts_with("train") * data.size();
  EXPECT_EQ(bytes, summary_.train_bytes);
  open(Split::train, "small");
}

TEST_F(Shards, DamageIsAnError) {
  build("damaged");
  const fs::path shard = folder_ / "damaged" / "train-flickr8k-0000.tar";
  const std::string whole = *read_whole_file(shard);
  for (const std::string& bad : {whole.substr(0, whole.size() / 2), std::string(),
                                 whole.substr(0, 700) + "x" + whole.substr(701)}) {
    std::ofstream(shard, std::ios::binary) << bad;
    const auto set = ShardSet::open((folder_ / "damaged").string(), Split::train);
    ASSERT_FALSE(set);
    EXPECT_NE(set.error().message().find("train-flickr8k-0000.tar"), std::string::npos);
  }
  fs::remove(folder_ / "damaged" / "index.json");
  EXPECT_FALSE(ShardSet::open((folder_ / "damaged").string(), Split::train));
}

TEST_F(Shards, EarlierVersionsAreReadAndLaterOnesAreNot) {
  build("versions");
  const fs::path index = folder_ / "versions" / "index.json";
  const std::string whole = *read_whole_file(index);
  const std::string now = "\"version\": " + std::to_string(kShardVersion);
  ASSERT_NE(whole.find(now), std::string::npos);
  for (const std::string version : {"1", "3", "0", "\"2\"", "2.5"}) {
    std::string changed = whole;
    std::ofstream(index) << changed.replace(whole.find(now), now.size(), "\"version\": " + version);
    const auto set = ShardSet::open((folder_ / "versions").string(), Split::eval);
    EXPECT_EQ(bool(set), version == "1") << version;
    if (set) continue;
    EXPECT_NE(set.error().message().find("versions 1 to 2 are read"), std::string::npos);
  }
}

// Past the CRC: whatever the members hold, decoding gives records or an error.
TEST_F(Shards, HostileBlocksNeverCrash) {
  const ShardSet set = open(Split::train);
  using Decoder = Result<BlockRecords> (*)(const ShardBlock&, const PieceTable&);
  const std::vector<std::pair<std::string, Decoder>> kinds = {
      {"train-emoji_fluent3d-0000.tar", decode_picture_block},
      {"train-fsdd-0000.tar", decode_speech_block},
      {"train-vocoder-0000.tar", decode_vocoder_block},
      {"train-camvid_seq-0000.tar", decode_series_block},
      {"train-voxels-0000.tar", decode_voxel_block},
      {"train-sweethome_points-0000.tar", decode_cloud_block},
      {"train-tatoeba-0000.tar", decode_text_block}};
  Rng rng(17);
  int refused = 0;
  for (const auto& [name, decode] : kinds) {
    const auto tar = TarReader::open((folder_ / "a" / name).string());
    ASSERT_TRUE(tar);
    for (int round = 0; round < 60; ++round) {
      std::vector<std::vector<std::byte>> copies;
      ShardBlock block{name, name.substr(6, name.find("-0000") - 6), {}};
      for (const TarEntry& entry : tar->entries()) {
        if (!entry.name.starts_with("000000")) continue;
        copies.emplace_back(entry.data.begin(), entry.data.end());
        const size_t at = size_t(rng.below(int(copies.back().size())));
        if (round % 3 == 0) copies.back().resize(at);
        if (round % 3 == 1) copies.back()[at] = std::byte(rng.next());
        block.members.push_back({entry.name, copies.back()});
      }
      // Any one member may also be missing.
      if (round % 3 == 2) block.members.erase(block.members.begin() + rng.below(2));
      const auto records = decode(block, set.pieces());
      refused += !records;
      if (records) {
        for (const PictureRecord& r : records->pictures) EXPECT_GT(r.picture.width, 0);
        for (const VoxelRecord& r : records->voxels) EXPECT_EQ(r.cells.size(), VoxelRecord::kBytes);
        for (const SeriesRecord& r : records->series)
          for (const Picture& classes : r.classes)
            for (uint8_t value : classes.pixels) ASSERT_LT(value, r.class_names.size());
      }
    }
  }
  EXPECT_GT(refused, 100);  // of 420: most damage is seen
}

TEST(BuildShards, NamesTheMissingRoot) {
  const auto made = build_shards("/nonexistent/raw", "/nonexistent/out");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::bad_input);
}

}  // namespace
}  // namespace tutti
