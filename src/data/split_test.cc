#include "data/split.h"

#include <gtest/gtest.h>

#include <set>

namespace tutti {
namespace {

// The hash is part of the file format: another one would move records between the sides.
TEST(Split, HashIsFixed) {
  EXPECT_EQ(stable_hash("emoji/1f34e"), 14475890171769726518u);
}

TEST(Split, ShareIsAboutThePercentage) {
  int held_out = 0;
  for (int i = 0; i < 10000; ++i) {
    held_out += split_by_share("icons_mdi", std::to_string(i), 10) == Split::eval;
  }
  EXPECT_NEAR(held_out, 1000, 4 * 30);  // four standard deviations of a binomial
}

TEST(Split, SpeakersAreListed) {
  for (const char* speaker : {"george", "jackson", "lucas"}) {
    EXPECT_EQ(split_by_speaker("fsdd", speaker), Split::train);
  }
  EXPECT_EQ(split_by_speaker("fsdd", "nicolas"), Split::eval);
  EXPECT_EQ(split_by_speaker("emodb", "08"), Split::eval);
}

TEST(Split, SequencesAreListed) {
  EXPECT_EQ(split_by_sequence("camvid_seq", "0001TP"), Split::eval);
  EXPECT_EQ(split_by_sequence("camvid_seq", "0006R0"), Split::train);
  EXPECT_EQ(split_by_sequence("camvid_seq", "0016E5"), Split::train);
  EXPECT_EQ(split_by_sequence("radar_fmi", "20160928"), Split::train);
  EXPECT_EQ(split_by_sequence("radar_fmi", "20170509"), Split::eval);
}

TEST(Split, CifarHoldsOutOneInTenOfEachClass) {
  int held_out = 0;
  for (int i = 0; i < 5000; ++i) {
    char name[32];
    std::snprintf(name, sizeof name, "img/airplane_%04d.jpg", i);
    held_out += split_cifar(name) == Split::eval;
  }
  EXPECT_EQ(held_out, 500);
}

TEST(Split, EmojiConceptIgnoresSkinToneGenderAndSpelling) {
  EXPECT_EQ(emoji_concept("1f34e"), "1f34e");
  EXPECT_EQ(emoji_concept("0023_20e3"), emoji_concept("0023-fe0f-20e3"));
  EXPECT_EQ(emoji_concept("1f3cb_1f3fd_200d_2640"), emoji_concept("1f3cb-fe0f"));
  EXPECT_EQ(emoji_concept("1f3fb"), "1f3fb");  // the skin tone itself
  EXPECT_NE(emoji_concept("1f468_200d_1f680"), emoji_concept("1f468"));
}

TEST(Split, EmojiStyleIsHeldOutOnlyInOneStyle) {
  int style = 0, concept_too = 0;
  for (int code = 0x1f300; code < 0x1fb00; ++code) {
    char name[16];
    std::snprintf(name, sizeof name, "%x", code);
    const Split noto = split_emoji("noto", name), fluent = split_emoji("fluent3d", name);
    if (noto == Split::eval) {
      EXPECT_EQ(fluent, Split::eval);
    }
    concept_too += noto == Split::eval;
    style += noto == Split::train && fluent == Split::eval;
  }
  EXPECT_NEAR(concept_too, 0x800 * 0.03, 32);
  EXPECT_NEAR(style, 0x800 * 0.10, 56);
}

}  // namespace
}  // namespace tutti
