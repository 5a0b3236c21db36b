#include "format/zlib_stream.h"

#include <gtest/gtest.h>

#include "tests/helpers/test_files.h"

namespace tutti {
namespace {

TEST(Zlib, RoundTripAndLimits) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "tutti " + std::to_string(i % 37);
  auto stream = zlib_compress(bytes_of(text));
  ASSERT_TRUE(stream);
  EXPECT_LT(stream->size(), text.size() / 10);
  auto back = zlib_decompress(*stream, text.size());
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_TRUE(std::equal(back->begin(), back->end(), bytes_of(text).begin()));
  EXPECT_FALSE(zlib_decompress(*stream, text.size() - 1));
  EXPECT_FALSE(zlib_decompress(*stream, text.size() + 1));
  EXPECT_FALSE(zlib_decompress(*stream, size_t(1) << 40));
  for (size_t size = 0; size < stream->size(); ++size) {
    EXPECT_FALSE(zlib_decompress(std::span(*stream).first(size), text.size())) << size;
  }
  stream->back() ^= std::byte(1);
  EXPECT_FALSE(zlib_decompress(*stream, text.size()));
}

TEST(Zlib, NothingIsSomething) {
  auto stream = zlib_compress({});
  ASSERT_TRUE(stream);
  auto back = zlib_decompress(*stream, 0);
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_TRUE(back->empty());
}

}  // namespace
}  // namespace tutti
