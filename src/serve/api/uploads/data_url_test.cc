#include "serve/api/uploads/data_url.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

std::string text_of(const std::vector<uint8_t>& bytes) {
  return std::string(bytes.begin(), bytes.end());
}

TEST(DataUrl, Bytes) {
  for (const char* url :
       {"data:image/png;base64,aGVsbG8=", "DATA:image/PNG;BASE64,aGVsbG8=",
        "data:image/png;base64,aGVsbG8%3D", " data:image/png; base64, aGVs\nbG8 \n",
        "data:;base64,aGVsbG8", "data:image/png;charset=x;base64,aGVsbG8="}) {
    const Result<std::vector<uint8_t>> bytes = read_data_url(url);
    ASSERT_TRUE(bytes) << url << ": " << bytes.error().message();
    EXPECT_EQ(text_of(*bytes), "hello") << url;
    EXPECT_EQ(text_of(*decode_media(url)), "hello") << url;
  }
  EXPECT_EQ(text_of(*decode_media("aGVsbG8=")), "hello");
}

TEST(DataUrl, NothingElseIsOpened) {
  for (const char* url :
       {"http://127.0.0.1/", "https://example.org/a.png", "file:///etc/passwd", "/etc/passwd",
        "DATA:,x", "data:image/png;base64,%zz", "data:image/png;base64", "data:text/plain,hello",
        "data:image/png;base64,", "data:image/png;base64,***", ""})
    EXPECT_FALSE(read_data_url(url)) << url;
}

TEST(Base64, AlphabetsAndPadding) {
  EXPECT_EQ(text_of(*decode_base64("aGVsbG8=")), "hello");
  EXPECT_EQ(text_of(*decode_base64("aGVsbG8")), "hello");
  EXPECT_EQ(text_of(*decode_base64("aGVs\r\nbG8=\n")), "hello");
  EXPECT_EQ(text_of(*decode_base64(" aGV sbG8 =\t")), "hello");
  EXPECT_EQ(*decode_base64("_-8"), (std::vector<uint8_t>{0xff, 0xef}));
  EXPECT_EQ(*decode_base64("/+8="), (std::vector<uint8_t>{0xff, 0xef}));
  for (const char* text : {"a", "aGVsbG8=x", "aGV*sbG8", "a\xff"})
    EXPECT_FALSE(decode_base64(text));
}

TEST(Base64, ThereAndBack) {
  std::vector<uint8_t> bytes;
  for (int size = 0; size < 70; ++size) {
    EXPECT_EQ(*decode_base64(encode_base64(bytes)), bytes) << size;
    bytes.push_back(uint8_t(size * 37));
  }
}

// Long texts go another way, which must refuse and accept the same.
TEST(Base64, LongTextsAreReadLikeShortOnes) {
  std::vector<uint8_t> bytes;
  for (int i = 0; i < 1000; ++i) bytes.push_back(uint8_t(i * i));
  const std::string text = encode_base64(bytes);
  EXPECT_EQ(*decode_base64(text), bytes);
  EXPECT_EQ(*decode_base64(text.substr(0, 76) + "\r\n" + text.substr(76)), bytes);
  std::string other = text;
  for (char& c : other) c = c == '+' ? '-' : c == '/' ? '_' : c;
  EXPECT_EQ(*decode_base64(other), bytes);
  for (const size_t at : {size_t(0), size_t(1), text.size() / 2, text.size() - 6})
    for (const char wrong : {'=', '*', '\xff', '\0', '\v'}) {
      std::string damaged = text;
      damaged[at] = wrong;
      EXPECT_FALSE(decode_base64(damaged)) << at << " " << int(wrong);
    }
}

}  // namespace
}  // namespace tutti
