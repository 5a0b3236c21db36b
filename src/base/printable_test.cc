#include "base/printable.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

TEST(Printable, LettersOfAnyScriptStay) {
  for (const char* text : {"", "a model\n\twith lines",
                           "\u00e9\u00a0\u4f60\u597d \u0645\u0631\u062d\u0628\u0627 \U0001f600"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, WhatATerminalObeysIsShown) {
  EXPECT_EQ(printable("\x1b[2J\x07"), "\\x1b[2J\\x07");
  EXPECT_EQ(printable("a\rb\x7f"), "a\\x0db\\x7f");
  EXPECT_EQ(printable("\u009b31m"), "\\xc2\\x9b31m") << "a CSI of one character";
  EXPECT_EQ(printable("\u202egpj.exe"), "\\xe2\\x80\\xaegpj.exe");
  EXPECT_EQ(printable("\u2066x"), "\\xe2\\x81\\xa6x");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Printable, WhatIsNoUtf8IsShownByItsBytes) {
  EXPECT_EQ(printable("a\x9b"
                      "b"),
            "a\\x9b"
            "b");
  EXPECT_EQ(printable("\xc3"), "\\xc3");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
}

}  // namespace
}  // namespace tutti
