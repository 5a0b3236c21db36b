// Recorded series and voxels on their way from raw sets: through shards into training examples,
// and into held-out clips and pictures.
#include "eval/recorded_items.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "data/build/build_shards.h"
#include "data/mix/mixer.h"
#include "eval/read_raw_sets.h"
#include "eval/read_shards.h"
#include "tests/helpers/mixture.h"
#include "tests/helpers/raw_sets_fixture.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

class Recorded : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / ("tutti_recorded_" + std::to_string(::getpid()));
    fixture::make_texts(folder_ / "raw");
    fixture::make_series(folder_ / "raw");
    fixture::make_clouds(folder_ / "raw");
    BuildOptions options;
    options.vocabulary = 300;
    options.synthetic_hours = 0;
    const auto made =
        build_shards((folder_ / "raw").string(), (folder_ / "shards").string(), options);
    ASSERT_TRUE(made) << made.error().message();
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }

  static fs::path folder_;
};
fs::path Recorded::folder_;

TEST_F(Recorded, ShardsAndRawSetsGiveTheSameItems) {
  const auto shards = read_shards((folder_ / "shards").string(), {.limit = 20});
  const auto raw = read_raw_sets((folder_ / "raw").string(), {.limit = 20});
  ASSERT_TRUE(shards) << shards.error().message();
  ASSERT_TRUE(raw) << raw.error().message();
  EXPECT_EQ(recorded_sets(*shards),
            (std::vector<std::string>{"camvid_seq", "radar_fmi", "voxels"}));
  for (const std::string& set : recorded_sets(*raw)) {
    const auto a = recorded_clips(*shards, set, 12, 1), b = recorded_clips(*raw, set, 12, 1);
    ASSERT_EQ(a.size(), b.size()) << set;
    ASSERT_FALSE(a.empty()) << set;
    for (size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(a[i].frames.size(), size_t(kClipFrames));
      ASSERT_EQ(a[i].questions.size(), b[i].questions.size());
      for (size_t k = 0; k < a[i].questions.size(); ++k)
        EXPECT_EQ(a[i].questions[k].answer, b[i].questions[k].answer) << a[i].questions[k].question;
    }
  }
  EXPECT_TRUE(recorded_clips(*raw, "nothing", 12, 1).empty());
}

TEST_F(Recorded, ShardsAndRawSetsGiveTheSameClouds) {
  const auto shards = read_shards((folder_ / "shards").string(), {.limit = 20});
  const auto raw = read_raw_sets((folder_ / "raw").string(), {.limit = 20});
  ASSERT_TRUE(shards) << shards.error().message();
  ASSERT_TRUE(raw) << raw.error().message();
  const auto by_key = [](const EvalData& data) {
    std::map<std::string, const CloudRecord*> records;
    for (const CloudRecord& record : data.clouds)
      records.emplace(record.source + " " + record.key, &record);
    return records;
  };
  const auto a = by_key(*shards), b = by_key(*raw);
  ASSERT_EQ(a.size(), 60u + 120u);
  ASSERT_EQ(a.size(), b.size());
  int held_out = 0;
  for (const auto& [key, record] : a) {
    ASSERT_TRUE(b.contains(key)) << key;
    EXPECT_EQ(record->split, b.at(key)->split) << key;
    EXPECT_EQ(record->label, b.at(key)->label) << key;
    EXPECT_EQ(record->xyz, b.at(key)->xyz) << key;
    held_out += record->split == Split::eval;
  }
  EXPECT_GT(held_out, 10);
}

TEST_F(Recorded, OnlyHeldOutRecordsAreAskedAbout) {
  const auto data = read_shards((folder_ / "shards").string(), {.limit = 0});
  ASSERT_TRUE(data) << data.error().message();
  for (const SeriesRecord& series : data->series.at("camvid_seq"))
    EXPECT_TRUE(series.key.starts_with("0001TP")) << series.key;
  for (const SeriesRecord& series : data->series.at("radar_fmi"))
    EXPECT_TRUE(series.key.starts_with("20170509")) << series.key;
  const EvalPictures& views = data->pictures.at("voxels");
  EXPECT_EQ(views.labels, (std::set<std::string>{"chair", "monitor"}));
  EXPECT_EQ(views.records.size(), data->voxels.at("voxels").size());
  const EvalPictures& streets = data->pictures.at("camvid_seq");
  EXPECT_EQ(streets.kind, EvalPictures::Kind::asked);
  ASSERT_FALSE(streets.questions.empty());
  for (const QuestionRecord& asked : streets.questions)
    EXPECT_LT(asked.picture, streets.records.size());
}

TEST(AnswerBalance, NoAnswerRunsAhead) {
  AnswerBalance balance(30);
  const QuestionAnswer yes{"Is there a car?", "yes", "exists", "en"},
      no{yes.question, "no", "exists", "en"};
  EXPECT_TRUE(balance.take(yes));
  EXPECT_FALSE(balance.take(yes));
  EXPECT_TRUE(balance.take(no));
  EXPECT_TRUE(balance.take(no));
  EXPECT_FALSE(balance.take(no));
  EXPECT_TRUE(balance.take(yes));
  // Another thing's answers are counted apart.
  EXPECT_TRUE(balance.take({"Is there a tree?", "yes", "exists", "en"}));
  int roads = 0;
  for (int i = 0; i < 30; ++i)
    roads += balance.take({"What takes up most of the picture?", "road", "most", "en"});
  EXPECT_EQ(roads, 3);
}

TEST_F(Recorded, TrainingDrawsThem) {
  const auto shards = ShardSet::open((folder_ / "shards").string(), Split::train);
  ASSERT_TRUE(shards) << shards.error().message();
  const auto mixer = Mixer::create(
      *shards,
      mixture_of(
          {{"recorded_clips", 12}, {"street_questions", 6}, {"turning_clips", 6}, {"labels", 4}}));
  ASSERT_TRUE(mixer) << mixer.error().message();
  Rng rng(8);
  int clips = 0, streets = 0, views = 0, pairs = 0;
  std::set<std::string> said;
  for (const Example& example : mixer->draw(rng)) {
    const Segment& first = example.segments.at(0);
    pairs += example.pair >= 0;
    if (example.segments.size() == 1) continue;  // the text of a pair
    clips += example.task == Task::clip;
    streets += example.task == Task::question;
    views += example.task == Task::caption;
    if (example.task == Task::clip) {
      ASSERT_EQ(first.stem, Stem::clip);
      ASSERT_EQ(first.clip.frames.size(), size_t(kClipFrames));
      EXPECT_EQ(first.clip.frames[0].pixels.size(), size_t(128 * 128 * 3));
    } else {
      EXPECT_EQ(first.image.pixels.size(), size_t(128 * 128 * 3));
    }
    // Every second text after the picture is one to be said.
    for (size_t i = 1; i < example.segments.size(); ++i) {
      EXPECT_EQ(example.segments[i].target, i % 2 == 0);
      if (i % 2 == 0) said.insert(shards->pieces().decode(example.segments[i].tokens));
    }
  }
  EXPECT_EQ(clips, 18);
  EXPECT_EQ(streets, 6);
  EXPECT_EQ(views, 4);
  EXPECT_EQ(pairs % 2, 0);
  EXPECT_GT(pairs, 4);
  EXPECT_TRUE(said.contains("chair") || said.contains("monitor"));
  EXPECT_TRUE(said.contains("left") || said.contains("right"));
}

TEST_F(Recorded, ShardsWithoutThemAreNamed) {
  const auto shards =
      ShardSet::open((folder_ / "shards").string(), Split::train, {.sources = {"tatoeba"}});
  ASSERT_TRUE(shards) << shards.error().message();
  const auto mixer = Mixer::create(*shards, mixture_of({{"turning_clips", 1}}));
  ASSERT_FALSE(mixer);
  EXPECT_NE(mixer.error().message().find("turning_clips"), std::string::npos);
}

}  // namespace
}  // namespace tutti
