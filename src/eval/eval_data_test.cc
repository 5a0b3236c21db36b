#include "eval/eval_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "eval/read_raw_sets.h"
#include "format/picture_file.h"
#include "tests/helpers/raw_sets_fixture.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;
using Kind = EvalPictures::Kind;

class EvalDataTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("tutti_eval_data_" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void picture(const std::string& file, int seed, int channels = 3) {
    fixture::write(folder_ / file, encode_png(fixture::disc(40, 30, channels, seed)));
  }

  fs::path folder_;
};

TEST_F(EvalDataTest, ReadsEveryTable) {
  for (int i = 0; i < 3; ++i) picture("all/" + std::to_string(i) + ".png", i);
  picture("all/mask.png", 1, 1);
  fixture::save(folder_ / "all/a.wav", fixture::hum(0.4, 1));
  fixture::write(folder_ / "all/captions.tsv",
                 "file\tlang\tcaption\n0.png\ten\ta disc\n0.png\tdeu\teine Scheibe\n");
  fixture::write(folder_ / "all/masks.tsv", "file\tmask\n1.png\tmask.png\n");
  fixture::write(folder_ / "all/qa.tsv",
                 "file\tquestion\tanswer\n2.png\tWhat?\tdisc\n2.png\tRed?\tno\n");
  fixture::write(folder_ / "all/transcripts.tsv", "wav\ttext\na.wav\tone two\n");
  picture("names/x.png", 4, 4);
  fixture::write(folder_ / "names/captions.tsv", "file\tname_en\nx.png\tcat\n");

  const auto data = open_eval_data(folder_.string(), {});
  ASSERT_TRUE(data) << data.error().message();
  const EvalPictures& captioned = data->pictures.at("all");
  EXPECT_EQ(captioned.kind, Kind::captioned);
  ASSERT_EQ(captioned.records.size(), 1u);
  ASSERT_EQ(captioned.records[0].captions.size(), 2u);
  EXPECT_EQ(captioned.records[0].captions[1].language, "de");
  const EvalPictures& masked = data->pictures.at("all.masks");
  ASSERT_EQ(masked.records.size(), 1u);
  EXPECT_EQ(masked.records[0].mask->channels, 1);
  const EvalPictures& asked = data->pictures.at("all.questions");
  EXPECT_EQ(asked.records.size(), 1u);
  EXPECT_EQ(asked.questions.size(), 2u);
  EXPECT_EQ(data->pictures.at("names").records[0].label, "cat");
  EXPECT_EQ(data->pictures.at("names").records[0].picture.channels, 4);
  EXPECT_EQ(data->speech.at("all")[0].transcript.text, "one two");
  EXPECT_EQ(data->speech.at("all")[0].mel.frames(), 40);
}

TEST_F(EvalDataTest, ALimitKeepsTheLabels) {
  std::string table = "file\tlabel\n";
  for (int i = 0; i < 12; ++i) {
    picture(std::to_string(i) + ".png", i);
    table += std::to_string(i) + ".png\t" + (i < 6 ? "cat" : "dog") + "\n";
  }
  fixture::write(folder_ / "labels.tsv", table);
  const auto data = open_eval_data(folder_.string(), {.limit = 4});
  ASSERT_TRUE(data) << data.error().message();
  const EvalPictures& set = data->pictures.begin()->second;
  EXPECT_EQ(set.records.size(), 4u);
  EXPECT_EQ(set.labels, (std::set<std::string>{"cat", "dog"}));
  // A fair sample, not the head of a sorted table.
  int cats = 0;
  for (const PictureRecord& record : set.records) cats += record.label == "cat";
  EXPECT_GT(cats, 0);
  EXPECT_LT(cats, 4);
}

TEST_F(EvalDataTest, RawSetsKeepTheirSplits) {
  fixture::make_root(folder_);
  const auto held_out = read_raw_sets(folder_.string(), {.limit = 0});
  const auto all =
      read_raw_sets(folder_.string(), {.all = true, .limit = 0, .training_labels = {"thing 1"}});
  ASSERT_TRUE(held_out) << held_out.error().message();
  ASSERT_TRUE(all) << all.error().message();
  for (const SpeechRecord& record : held_out->speech.at("fsdd"))
    EXPECT_EQ(record.speaker, "nicolas");
  EXPECT_EQ(held_out->speech.at("fsdd").size(), 6u);
  EXPECT_EQ(all->speech.at("fsdd").size(), 24u);
  EXPECT_LT(held_out->pictures.at("emoji_noto").records.size(),
            all->pictures.at("emoji_noto").records.size());
  const auto asked = [](const EvalData& data) {
    return std::count_if(data.clouds.begin(), data.clouds.end(),
                         [](const CloudRecord& cloud) { return cloud.split == Split::eval; });
  };
  EXPECT_LT(asked(*held_out), ptrdiff_t(held_out->clouds.size()));
  EXPECT_EQ(asked(*all), ptrdiff_t(held_out->clouds.size()));
  EXPECT_FALSE(all->training.empty());
  for (const PictureRecord& record : all->training) EXPECT_EQ(record.label, "thing 1");
}

}  // namespace
}  // namespace tutti
