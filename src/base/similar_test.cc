#include "base/similar.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

const std::vector<std::string> kNames = {"temperature", "max_tokens", "max_completion_tokens",
                                         "messages",    "model",      "stream"};

TEST(Similar, FindsWhatWasMeant) {
  EXPECT_EQ(most_similar("temprature", kNames), "temperature");
  EXPECT_EQ(most_similar("max_token", kNames), "max_tokens");
  EXPECT_EQ(most_similar("maxTokens", kNames), "max_tokens");
  EXPECT_EQ(most_similar("message", kNames), "messages");
  EXPECT_EQ(most_similar("Stream", kNames), "stream");
}

TEST(Similar, CountsWhatDiffers) {
  EXPECT_EQ(letters_apart("Max-Tokens", "max_token"), 1u);
  EXPECT_EQ(letters_apart("", "model"), 5u);
  EXPECT_EQ(letters_apart("model", "modal"), 1u);
  EXPECT_EQ(letters_apart("rnu", "run"), 1u);
  EXPECT_EQ(letters_apart("abc", "ca"), 3u);
  EXPECT_EQ(letters_apart("kitten", "sitting"), 3u);
}

// Two words of a million letters would be compared for half an hour.
TEST(Similar, LengthsThatDifferTooMuchAreEnough) {
  const std::string one(1'000'000, 'x'), other(1'000'003, 'y');
  EXPECT_GT(letters_apart(one, other, 2), 2u);
  EXPECT_EQ(letters_apart("Max-Tokens", "max_token", 1), 1u);
  EXPECT_EQ(letters_apart("m-o-d-e-l", "model", 0), 0u) << "hyphens do not count";
}

TEST(Similar, SaysNothingOfWhatIsFar) {
  EXPECT_EQ(most_similar("reasoning", kNames), "");
  EXPECT_EQ(most_similar("", kNames), "");
  EXPECT_EQ(most_similar(std::string(1 << 20, 'x'), kNames), "");
}

}  // namespace
}  // namespace tutti
