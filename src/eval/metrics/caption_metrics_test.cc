#include "eval/metrics/caption_metrics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tutti {
namespace {

TEST(Bleu4, PerfectIsOne) {
  EXPECT_DOUBLE_EQ(bleu4({{"a dog runs in the park", {"A dog runs in the park."}}}), 1);
}

// Seven words, "red" is wrong: 1-grams 6/7, 2-grams 4/6, 3-grams 3/5, 4-grams 2/4; lengths are
// equal to the only reference's.
TEST(Bleu4, HandComputed) {
  const std::vector<Captioned> corpus = {
      {"the cat is on the red mat", {"the cat is on the green mat"}}};
  EXPECT_NEAR(bleu4(corpus), std::pow(6.0 / 7 * 4.0 / 6 * 3.0 / 5 * 2.0 / 4, 0.25), 1e-12);
}

TEST(Bleu4, ShortCaptionsPay) {
  // All precisions are 1; five words said, eight meant: exp(1 - 8/5).
  const std::vector<Captioned> corpus = {
      {"one two three four five", {"one two three four five six seven eight"}}};
  EXPECT_NEAR(bleu4(corpus), std::exp(1 - 8.0 / 5), 1e-12);
}

TEST(Bleu4, NoFourGramIsZero) {
  EXPECT_EQ(bleu4({{"a b c", {"a b c d"}}}), 0);
  EXPECT_EQ(bleu4({{"", {"a b c d"}}}), 0);
}

TEST(Cider, OneReferenceTwoPictures) {
  // Every n-gram occurs with one picture of two, so all weigh log 2 and cosines are of plain
  // counts. "a b" against "a c": 1-grams cosine 1/2, 2-grams 0, no 3- or 4-grams.
  const std::vector<Captioned> corpus = {{"a b", {"a c"}}, {"x y z w", {"x y z w"}}};
  // The second picture is perfect in all orders: 1. The first: 1/2 in order 1, else 0.
  EXPECT_NEAR(cider(corpus), 10 * (4 * 1.0 + 0.5) / (4 * 2), 1e-12);
}

TEST(Cider, WordsOfEveryPictureWeighNothing) {
  // "a" is in both pictures' references: idf log(2/2) = 0.
  const std::vector<Captioned> corpus = {{"a", {"a dog"}}, {"a", {"a cat"}}};
  EXPECT_EQ(cider(corpus), 0);
}

}  // namespace
}  // namespace tutti
