#include "eval/metrics/text_metrics.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

TEST(NormaliseText, LowersAndDropsPunctuation) {
  EXPECT_EQ(normalise_text("  Hello,   World! "), "hello world");
  EXPECT_EQ(normalise_text("It's Bob\xe2\x80\x99s"), "its bobs");
  EXPECT_EQ(normalise_text("ÄÖÜ Éa"), "äöü éa");
  EXPECT_EQ(normalise_text("ŽŁ Ÿ"), "žł ÿ");
  EXPECT_EQ(normalise_text("ПРИВЕТ Ёж"), "привет ёж");
  EXPECT_EQ(normalise_text("你好。"), "你好");
  EXPECT_EQ(normalise_text("a\xff"
                           "b"),
            "a b");
  EXPECT_EQ(normalise_text("\xe4\xbd"), "");
}

TEST(EditDistance, HandComputed) {
  EXPECT_EQ(edit_distance(std::string_view("kitten"), "sitting"), 3);
  EXPECT_EQ(edit_distance(std::string_view(""), "abc"), 3);
  EXPECT_EQ(edit_distance(split_words("the cat sat"), split_words("the black cat sat down")), 2);
}

TEST(WordErrors, CountsOverAllTexts) {
  WordErrors errors;
  errors.add("the cat", "The cat.");
  errors.add("a dog", "one big dog");  // one substitution, one deletion
  EXPECT_EQ(errors.words, 5);
  EXPECT_DOUBLE_EQ(errors.rate(), 0.4);
}

TEST(NearestLabel, IsRelativeToLength) {
  const std::vector<std::string> labels = {"one", "seven", "eight"};
  EXPECT_EQ(nearest_label("sevn", labels), 1u);
  EXPECT_EQ(nearest_label("ate", labels), 0u);  // 2 of 3 wrong; "eight" has 4 of 5
  EXPECT_EQ(nearest_label("", labels), 0u);
}

}  // namespace
}  // namespace tutti
