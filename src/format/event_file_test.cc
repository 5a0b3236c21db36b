#include "format/event_file.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <vector>

#include "format/picture_file.h"
#include "tests/helpers/test_files.h"

namespace tutti {
namespace {

template <class T>
T number_at(const std::string& text, size_t at) {
  T value;
  std::memcpy(&value, text.data() + at, sizeof value);
  return value;
}

uint32_t masked(std::string_view data) {
  const uint32_t crc = crc32c(bytes_of(data));
  return std::rotr(crc, 15) + 0xa282ead8u;
}

// Splits a file into its records and checks every checksum on the way.
std::vector<std::string> records(const std::string& file) {
  std::vector<std::string> out;
  for (size_t at = 0; at < file.size();) {
    if (file.size() - at < 12) ADD_FAILURE() << "a torn record";
    const auto length = number_at<uint64_t>(file, at);
    EXPECT_EQ(number_at<uint32_t>(file, at + 8), masked(file.substr(at, 8)));
    out.push_back(file.substr(at + 12, length));
    EXPECT_EQ(number_at<uint32_t>(file, at + 12 + length), masked(out.back()));
    at += 16 + length;
  }
  return out;
}

TEST(Crc32c, KnownAnswers) {
  // RFC 3720, appendix B.4.
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\0'))), 0x8a9136aau);
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\xff'))), 0x62a8ab43u);
}

TEST(EventFile, WritesWholeRecordsAtOnce) {
  TestFolder folder;
  auto writer = EventWriter::create(folder.file("run/tb"));
  ASSERT_TRUE(writer) << writer.error().message();
  ASSERT_TRUE(writer->scalar("loss/text", 300, 0.5f));
  const auto events = records(read_text(writer->path()));  // while the writer is still open
  ASSERT_EQ(events.size(), 2u);
  EXPECT_NE(events[0].find("\x1a\x0d"
                           "brain.Event:2"),
            std::string::npos);
  // wall_time (9 bytes), step 300, summary { value { tag, simple_value 0.5 } }
  const std::string expected =
      std::string("\x10\xac\x02\x2a\x12\x0a\x10\x0a\x09loss/text\x15\x00\x00\x00\x3f", 23);
  ASSERT_EQ(events[1].size(), 9u + expected.size());
  EXPECT_EQ(events[1][0], '\x09');
  EXPECT_EQ(events[1].substr(9), expected);
}

TEST(EventFile, HoldsPictures) {
  TestFolder folder;
  auto writer = EventWriter::create(folder.path());
  ASSERT_TRUE(writer);
  const Picture picture = make_picture(3, 2, 3, 200);
  ASSERT_TRUE(writer->picture("samples", 1, picture));
  EXPECT_FALSE(writer->picture("samples", 2, {}));
  const auto events = records(read_text(writer->path()));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_NE(events[1].find(std::string("\x08\x02\x10\x03\x18\x03\x22", 7)), std::string::npos);
  EXPECT_NE(events[1].find(encode_png(picture)), std::string::npos);
}

TEST(EventFile, AResumedRunGetsItsOwnFile) {
  TestFolder folder;
  auto first = EventWriter::create(folder.path());
  auto second = EventWriter::create(folder.path());
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->path(), second->path());
}

}  // namespace
}  // namespace tutti
