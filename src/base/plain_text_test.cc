#include "base/plain_text.h"

#include <gtest/gtest.h>

#include "base/joined.h"
#include "base/utf8.h"

namespace tutti {
namespace {

using namespace std::string_literals;

TEST(PlainText, OneLineEndAndTheMarkAreNoPartOfIt) {
  for (const std::string file : {"a red circle", "a red circle\n", "a red circle\r\n",
                                 "\xef\xbb\xbf"
                                 "a red circle",
                                 "\xef\xbb\xbf"
                                 "a red circle\r\n"})
    EXPECT_EQ(*read_plain_text(file), "a red circle") << file;
  EXPECT_EQ(plain_text("a\n\n"), "a\n");
  EXPECT_EQ(plain_text("a\r\n\r\n"), "a\r\n");
  EXPECT_EQ(plain_text("\na\r"), "\na\r");
  EXPECT_EQ(plain_text("a \n"), "a ");
  for (const char* nothing : {"", "\n", "\r\n", "\xef\xbb\xbf", "\xef\xbb\xbf\n"})
    EXPECT_EQ(plain_text(nothing), "");
  EXPECT_EQ(plain_text("a\xef\xbb\xbf"), "a\xef\xbb\xbf");  // inside, it is a character
}

TEST(PlainText, NamesOtherEncodings) {
  const auto message = [](const std::string& bytes) {
    const auto text = read_plain_text(bytes);
    return text ? "accepted" : text.error().message();
  };
  EXPECT_NE(message("\xff\xfe"
                    "a\0b\0"s)
                .find("is UTF-16"),
            std::string::npos);
  EXPECT_NE(message("\xfe\xff\0a\0b"s).find("is UTF-16"), std::string::npos);
  EXPECT_NE(message("\xff\xfe\0\0a\0\0\0"s).find("is UTF-32"), std::string::npos);
  EXPECT_NE(message("\0\0\xfe\xff\0\0\0a"s).find("is UTF-32"), std::string::npos);
  EXPECT_NE(message("a\0b\0"s).find("zero byte (byte 2)"), std::string::npos);
  EXPECT_NE(message("caf\xe9 noir").find("not UTF-8 from byte 4"), std::string::npos);
}

TEST(Utf8, CountsAndCutsWholeCharacters) {
  const std::string text = "a\xc3\xa4\xe4\xb8\xad";  // 1, 2 and 3 bytes
  EXPECT_EQ(count_characters(text), 3u);
  EXPECT_EQ(count_characters(""), 0u);
  const size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6};
  for (size_t most = 0; most < 8; ++most) EXPECT_EQ(character_end(text, most), ends[most]) << most;
  EXPECT_EQ(character_end("\x80\x80", 1), 0u);  // malformed: nothing is left, not less
}

TEST(Joined, ListsWordsAndMembers) {
  EXPECT_EQ(joined(std::vector<std::string>{}), "");
  EXPECT_EQ(joined(std::vector<std::string>{"a"}), "a");
  const std::pair<int, const char*> pairs[] = {{1, "a"}, {2, "b"}, {3, "c"}};
  EXPECT_EQ(joined(pairs, &std::pair<int, const char*>::second), "a, b, c");
}

}  // namespace
}  // namespace tutti
