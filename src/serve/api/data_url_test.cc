#include "serve/api/data_url.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

std::string text_of(const std::vector<uint8_t>& bytes) {
  return std::string(bytes.begin(), bytes.end());
}

TEST(DataUrl, TypeAndBytes) {
  const Result<Upload> upload = read_data_url("data:image/png;base64,aGVsbG8=");
  ASSERT_TRUE(upload) << upload.error().message();
  EXPECT_EQ(upload->media_type, "image/png");
  EXPECT_EQ(text_of(upload->bytes), "hello");
}

TEST(DataUrl, NothingElseIsOpened) {
  for (const char* url :
       {"http://127.0.0.1/", "https://example.org/a.png", "file:///etc/passwd", "/etc/passwd",
        "DATA:,x", "data:image/png;base64", "data:text/plain,hello", "data:image/png;base64,",
        "data:image/png;base64,***", ""})
    EXPECT_FALSE(read_data_url(url)) << url;
}

TEST(Base64, AlphabetsAndPadding) {
  EXPECT_EQ(text_of(*decode_base64("aGVsbG8=")), "hello");
  EXPECT_EQ(text_of(*decode_base64("aGVsbG8")), "hello");
  EXPECT_EQ(text_of(*decode_base64("aGVs\r\nbG8=\n")), "hello");
  EXPECT_EQ(*decode_base64("_-8"), (std::vector<uint8_t>{0xff, 0xef}));
  EXPECT_EQ(*decode_base64("/+8="), (std::vector<uint8_t>{0xff, 0xef}));
  for (const char* text : {"a", "aGVsbG8=x", "aGV sbG8", "a\xff"})
    EXPECT_FALSE(decode_base64(text));
}

TEST(Base64, ThereAndBack) {
  std::vector<uint8_t> bytes;
  for (int size = 0; size < 70; ++size) {
    EXPECT_EQ(*decode_base64(encode_base64(bytes)), bytes) << size;
    bytes.push_back(uint8_t(size * 37));
  }
}

}  // namespace
}  // namespace tutti
