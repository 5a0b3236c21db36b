#include "format/points/text_lines.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tutti {
namespace {

std::string words_of(std::string_view text, LineJoin join = LineJoin::never) {
  TextLines lines(text, join);
  std::string out;
  while (lines.next()) {
    out += lines.place() + ":";
    for (std::string_view word = lines.word(); !word.empty(); word = lines.word())
      out += " " + std::string(word);
    out += ";";
  }
  return out;
}

TEST(TextLines, AnyLineEndAndNoComments) {
  EXPECT_EQ(words_of("a b\r\n\r\n# no\n  c # d\re"), "line 1: a b;line 4: c;line 5: e;");
  EXPECT_EQ(words_of(""), "");
  EXPECT_EQ(words_of("\n\n  \t\n#"), "");
}

TEST(TextLines, BackslashesJoinLinesWhereTheyMay) {
  EXPECT_EQ(words_of("f 1 \\\n2\\\r\n3\n4\\", LineJoin::backslash), "line 1: f 1 2 3;line 4: 4;");
  EXPECT_EQ(words_of("f 1 \\\n2"), "line 1: f 1 \\;line 2: 2;");
}

TEST(TextLines, AMillionJoinsNeedNoStack) {
  std::string text = "f";
  for (int i = 0; i < 1'000'000; ++i) text += " \\\n";
  EXPECT_EQ(words_of(text + "1", LineJoin::backslash), "line 1: f 1;");
}

TEST(TextLines, NumbersAreWholeWordsInTheCLocale) {
  EXPECT_EQ(number_of("+1.5e3"), 1500);
  EXPECT_EQ(number_of("-.5"), -0.5);
  for (const char* word : {"", "+", "1,5", "1.5x", "0x10", "++1", "1e999x"})
    EXPECT_FALSE(number_of(word)) << word;
  EXPECT_FALSE(integer_of<uint64_t>("-1"));
  EXPECT_FALSE(integer_of<uint64_t>("18446744073709551616"));
}

TEST(TextLines, NumbersThatNoDoubleHoldsAreZeroOrInfinite) {
  const std::string zeros(400, '0');
  for (const std::string& word :
       {std::string("1e400"), std::string("+0.1E+999"), "1" + zeros, "1" + zeros + "e-9",
        "0." + zeros + "1e900", std::string("1e99999999999999999999")})
    EXPECT_EQ(number_of(word), HUGE_VAL) << word;
  EXPECT_EQ(number_of("-1e400"), -HUGE_VAL);
  for (const std::string& word :
       {std::string("1e-400"), std::string("-12.5e-999"), "0." + zeros + "1", "0." + zeros + "1e9",
        "1" + zeros + "e-900", std::string("1e-99999999999999999999")})
    EXPECT_EQ(number_of(word), 0) << word;
}

TEST(TextLines, ErrorsNameTheLineAndTheWord) {
  TextLines lines("\nv x");
  ASSERT_TRUE(lines.next());
  (void)lines.word();
  EXPECT_EQ(lines.number("a coordinate").error().message(),
            "line 2 has \"x\" where a coordinate was expected; export the file again");
  EXPECT_EQ(lines.number("a coordinate").error().message(),
            "line 2 ends where a coordinate was expected; export the file again");
}

}  // namespace
}  // namespace tutti
