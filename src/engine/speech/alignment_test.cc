#include "engine/speech/alignment.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"
#include "base/utf8.h"

namespace tutti {
namespace {

std::vector<float> logs(std::vector<double> tokens) {
  std::vector<float> out;
  for (double t : tokens) out.push_back(float(std::log1p(t)));
  return out;
}

TEST(AlignSpeech, TokensSayTheByteAtTheirMiddle) {
  EXPECT_EQ(align_speech(logs({2, 1, 3}), 1), (std::vector<int32_t>{0, 0, 1, 2, 2, 2}));
  EXPECT_EQ(align_speech(logs({2, 1.2, 2.8}), 2), (std::vector<int32_t>{0, 1, 2}));
  // Ends 0.4, 0.8, 2.0: token 0 has its middle at 0.5, in the second byte.
  EXPECT_EQ(align_speech(logs({0.4, 0.4, 1.2}), 1), (std::vector<int32_t>{1, 2}));
}

TEST(AlignSpeech, NonsenseIsCut) {
  EXPECT_TRUE(align_speech({}, 1).empty());
  EXPECT_EQ(align_speech(std::vector<float>{NAN, -9}, 1), (std::vector<int32_t>{1}));
  EXPECT_EQ(align_speech(std::vector<float>{INFINITY, 90}, 1).size(), 100u);
}

TEST(SplitSpeech, PrefersSentencesThenWords) {
  EXPECT_EQ(split_speech("One two. Three four five.", 12),
            (std::vector<std::string>{"One two.", " Three four ", "five."}));
  EXPECT_EQ(split_speech("3.14159 apples", 10), (std::vector<std::string>{"3.14159 ", "apples"}));
  EXPECT_TRUE(split_speech("", 10).empty());
}

TEST(SplitSpeech, LosesNothingAndKeepsCharactersWhole) {
  Rng rng(9);
  const std::vector<std::string> alphabet = {"a", " ", ".", "\u00e9", "\u3002", "\U0001f600", "! "};
  for (int round = 0; round < 300; ++round) {
    std::string text, joined;
    for (int i = rng.below(60); i > 0; --i) text += alphabet[rng.below(int(alphabet.size()))];
    const size_t longest = 4 + rng.below(20);
    for (const std::string& piece : split_speech(text, longest)) {
      EXPECT_FALSE(piece.empty());
      EXPECT_LE(piece.size(), longest);
      EXPECT_FALSE(invalid_utf8_at(piece)) << text;
      joined += piece;
    }
    EXPECT_EQ(joined, text);
  }
  std::string garbage(100, '\x80');  // no character starts anywhere: must still end
  EXPECT_FALSE(split_speech(garbage, 7).empty());
}

}  // namespace
}  // namespace tutti
