#include "base/utf8_repair.h"

#include <gtest/gtest.h>

#include <random>

#include "base/utf8.h"

namespace tutti {
namespace {

const std::string kUnknown = "\xef\xbf\xbd";

// The definition: the first malformed byte is replaced, and the rest looked at anew.
std::string by_definition(std::string_view bytes) {
  std::string text;
  while (const auto bad = invalid_utf8_at(bytes)) {
    text.append(bytes.substr(0, *bad)).append(kUnknown);
    bytes.remove_prefix(*bad + 1);
  }
  return text.append(bytes);
}

TEST(Utf8Repair, ReplacesWhatBelongsToNoCharacter) {
  EXPECT_EQ(repaired_utf8("caf\u00e9 \u20ac \U0001f600"), "caf\u00e9 \u20ac \U0001f600");
  EXPECT_EQ(repaired_utf8("a\xc3"), "a" + kUnknown);
  EXPECT_EQ(repaired_utf8("\xe2\x82z"), kUnknown + kUnknown + "z");
  EXPECT_EQ(repaired_utf8("\xe0\x80\x80"), kUnknown + kUnknown + kUnknown);  // overlong
  EXPECT_EQ(repaired_utf8("\xed\xa0\x80"), kUnknown + kUnknown + kUnknown);  // a surrogate
}

TEST(Utf8Repair, ACharacterLeavesWithItsLastByte) {
  Utf8Repair repair;
  EXPECT_EQ(repair.push("a\xf0"), "a");
  EXPECT_EQ(repair.push("\x9f"), "");
  EXPECT_EQ(repair.push("\x98"), "");
  EXPECT_EQ(repair.push("\x80"
                        "b"),
            "\U0001f600"
            "b");
  EXPECT_EQ(repair.push("\xed"), "");
  EXPECT_EQ(repair.push("\xa0"), kUnknown + kUnknown);  // no character goes on so: not held back
  EXPECT_EQ(repair.push("\xe2\x82"), "");
  EXPECT_EQ(repair.end(), kUnknown + kUnknown);
  EXPECT_EQ(repair.end(), "");
}

TEST(Utf8Repair, PiecesAreTheWhole) {
  std::mt19937 random(3);
  // Leads and continuations whose limits differ, and some of each other kind.
  const std::string alphabet = "a\x80\x8f\x90\x9f\xa0\xbf\xc1\xc3\xe0\xe2\xed\xf0\xf4\xf5";
  for (int trial = 0; trial < 5000; ++trial) {
    std::string bytes, text;
    for (size_t i = random() % 12; i > 0; --i) bytes += alphabet[random() % alphabet.size()];
    Utf8Repair repair;
    for (size_t at = 0, take = 0; at < bytes.size(); at += take)
      text += repair.push(std::string_view(bytes).substr(at, take = random() % 4));
    text += repair.end();
    EXPECT_EQ(text, by_definition(bytes));
    EXPECT_EQ(repaired_utf8(bytes), text);
  }
}

}  // namespace
}  // namespace tutti
