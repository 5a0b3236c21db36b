#include <gtest/gtest.h>

#include "serve/api/text_job.h"

namespace tutti {
namespace {

// What comes out of a text in pieces of `size`.
std::string cut(const std::string& text, const std::vector<std::string>& stop, size_t size) {
  StopCutter cutter(stop);
  std::string out;
  for (size_t i = 0; i < text.size(); i += size) out += cutter.push(text.substr(i, size));
  return out + cutter.finish();
}

TEST(StopCutter, CutsBeforeTheFirstStopHoweverThePiecesFall) {
  const std::string text = "one aab two abc";
  for (size_t size = 1; size <= text.size(); ++size) {
    EXPECT_EQ(cut(text, {}, size), text);
    EXPECT_EQ(cut(text, {"ab"}, size), "one a");
    EXPECT_EQ(cut(text, {"abc", "two"}, size), "one aab ");
    EXPECT_EQ(cut(text, {"abcd"}, size), text);
  }
}

TEST(StopCutter, HoldsBackOnlyWhatMayBeAStop) {
  StopCutter cutter({"###"});
  EXPECT_EQ(cutter.push("ab#"), "ab");
  EXPECT_EQ(cutter.push("c#"), "#c");
  EXPECT_EQ(cutter.push("##d"), "");
  EXPECT_TRUE(cutter.stopped());
  EXPECT_EQ(cutter.finish(), "");
}

}  // namespace
}  // namespace tutti
