#include "serve/contract/similar.h"

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

TEST(Similar, SaysNothingOfWhatIsFar) {
  EXPECT_EQ(most_similar("reasoning", kNames), "");
  EXPECT_EQ(most_similar("", kNames), "");
  EXPECT_EQ(most_similar(std::string(1 << 20, 'x'), kNames), "");
}

}  // namespace
}  // namespace tutti
