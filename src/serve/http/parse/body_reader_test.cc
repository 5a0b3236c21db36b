#include "serve/http/parse/body_reader.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

using Problem = BodyReader::Problem;

struct Read {
  std::string body, rest;
  bool done;
  Problem problem;
};

// Fed `step` bytes at a time.
Read read(BodyReader reader, std::string_view bytes, size_t step) {
  Read result;
  while (!bytes.empty() && !reader.done() && reader.problem() == Problem::none) {
    const size_t used = reader.feed(bytes.substr(0, step), result.body);
    bytes.remove_prefix(used);
  }
  result.rest = std::string(bytes);
  result.done = reader.done();
  result.problem = reader.problem();
  return result;
}

TEST(BodyReader, PiecesOfAnySizeGiveTheSame) {
  const std::string bytes =
      "5\r\nhello\r\n6;name=\"a b\"\r\n world\r\n00\r\nX-Sum: 1\r\nEmpty:\r\n\r\nGET /";
  for (size_t step = 1; step <= bytes.size(); ++step) {
    const Read chunks = read(BodyReader::of_chunks(), bytes, step);
    EXPECT_TRUE(chunks.done);
    EXPECT_EQ(chunks.body, "hello world");
    EXPECT_EQ(chunks.rest, "GET /");
    const Read whole = read(BodyReader::of_length(5), "helloGET /", step);
    EXPECT_TRUE(whole.done);
    EXPECT_EQ(whole.body, "hello");
    EXPECT_EQ(whole.rest, "GET /");
  }
  EXPECT_TRUE(BodyReader::of_length(0).done());
  EXPECT_TRUE(read(BodyReader::of_chunks(), "0\r\n\r\n", 9).done);
}

TEST(BodyReader, ContentMayGoToItsPlaceDirectly) {
  std::string body;
  BodyReader chunks = BodyReader::of_chunks();
  EXPECT_EQ(chunks.content_due(), 0u);
  chunks.feed("5\r\nhe", body);
  EXPECT_EQ(chunks.content_due(), 3u);
  chunks.note_content(3);
  EXPECT_EQ(chunks.content_due(), 0u);
  EXPECT_EQ(chunks.feed("\r\n0\r\n\r\n", body), 7u);
  EXPECT_TRUE(chunks.done());
  BodyReader whole = BodyReader::of_length(5);
  whole.note_content(2);
  EXPECT_FALSE(whole.done());
  EXPECT_EQ(whole.content_due(), 3u);
  whole.note_content(3);
  EXPECT_TRUE(whole.done());
}

TEST(BodyReader, WhatIsNotExactlyChunkedIsRefused) {
  for (const char* bytes : {"\r\n",
                            ";a\r\n",
                            "g\r\n",
                            "-1\r\n",
                            "0x5\r\nhello\r\n",
                            " 5\r\nhello\r\n",
                            "5\nhello\r\n",
                            "5\r\nhello\n",
                            "5\r\nhello5\r\n",
                            "5\r\nhelloX\r\n",
                            "5\r\rhello",
                            "5;a\nb\r\n",
                            "5;a\x01\r\n",
                            "1000000000000000\r\n",
                            "0\r\n: x\r\n\r\n",
                            "0\r\n folded\r\n\r\n",
                            "0\r\nno colon\r\n\r\n",
                            "0\r\nX: a\nY: b\r\n\r\n",
                            "0\r\nX\r\n\r\n",
                            "0\r\n\n"}) {
    const Read chunks = read(BodyReader::of_chunks(), bytes, 100);
    EXPECT_EQ(chunks.problem, Problem::malformed) << bytes;
    EXPECT_FALSE(chunks.done) << bytes;
  }
}

TEST(BodyReader, ExtensionsAndTrailersAreBounded) {
  const std::string much(BodyReader::kMostExtensionBytes + 1, 'a');
  EXPECT_EQ(read(BodyReader::of_chunks(), "1;" + much, 1000).problem, Problem::long_extensions);
  EXPECT_EQ(read(BodyReader::of_chunks(), "0\r\n" + much, 1000).problem, Problem::long_trailers);
  EXPECT_EQ(read(BodyReader::of_chunks(), "0\r\nX: " + much, 1000).problem, Problem::long_trailers);
  std::string many, lines = "0\r\n";
  for (int i = 0; i < 1000; ++i) many += "1;extended\r\nx\r\n", lines += "X: abcdef\r\n";
  EXPECT_EQ(read(BodyReader::of_chunks(), many, 1000).problem, Problem::long_extensions)
      << "over all chunks";
  EXPECT_EQ(read(BodyReader::of_chunks(), lines, 1000).problem, Problem::long_trailers);
}

}  // namespace
}  // namespace tutti
