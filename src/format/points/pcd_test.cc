#include "format/points/pcd.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cmath>

#include "format/points/pcd/lzf_stream.h"
#include "tests/helpers/point_checks.h"
#include "tests/helpers/point_files.h"

namespace tutti {
namespace {

size_t most_resident_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return size_t(usage.ru_maxrss) << 10;
}

std::string header(const std::string& fields, const std::string& points,
                   const std::string& data = "ascii") {
  return fields + "WIDTH " + points + "\nHEIGHT 1\nPOINTS " + points + "\nDATA " + data + "\n";
}

const std::string kPlaces = "FIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\n";

TEST(Pcd, ReadsTextBytesAndColumnsAlike) {
  const auto text = read_pcd(ascii_pcd(test_cloud()));
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(text->points(), 5u);
  expect_points(read_pcd(binary_pcd(test_cloud())), text->xyz);
  expect_points(read_pcd(compressed_pcd(test_cloud())), text->xyz);
}

TEST(Pcd, FieldsMayBeOfAnySizeAndOrder) {
  const std::string fields =
      "FIELDS _ z y histogram x\nSIZE 1 8 2 4 4\nTYPE U F I F U\nCOUNT 3 1 1 2 1\n";
  const auto point = [](double z, int16_t y, uint32_t x) {
    return "abc" + raw(z) + raw(y) + raw(1.f) + raw(2.f) + raw(x);
  };
  expect_places(read_pcd(header(fields, "2", "binary") + point(1.5, -2, 7) + point(2.5, 4, 9)),
                {7, -2, 1.5, 9, 4, 2.5});
  expect_places(read_pcd(header(fields, "2") + "9 9 9 1.5 -2 8 8 7\n9 9 9 2.5 4 8 8 9\n"),
                {7, -2, 1.5, 9, 4, 2.5});
}

TEST(Pcd, WhatTheSensorDidNotMeasureIsLeftOut) {
  expect_places(read_pcd(header(kPlaces, "3") + "0 0 0\nnan nan nan\n1 2 3\n"), {0, 0, 0, 1, 2, 3});
  expect_refused(read_pcd(header(kPlaces, "2") + "nan nan nan\nNaN nan nan\n"), {"no points"});
  expect_refused(read_pcd(header(kPlaces, "2") + "0 0 0\n1 nan 2\n"), {"point 2", "nan"});
  expect_refused(read_pcd(header(kPlaces, "2") + "0 0 0\n1 inf 2\n"), {"point 2", "inf"});
}

TEST(Pcd, PromisesBeyondTheFileAreRefused) {
  const std::string many = "2000000";
  expect_refused(read_pcd(header(kPlaces, many) + "0 0 0\n1 1 1\n"), {many.c_str(), "after 2"});
  expect_refused(read_pcd(header(kPlaces, many, "binary") + std::string(24, '\0')),
                 {many.c_str(), "24 bytes follow"});
  expect_refused(read_pcd(header(kPlaces, "1000000000", "binary")), {"1000000000", "at most"});
  expect_refused(read_pcd(header(kPlaces, many, "binary_compressed") + raw(uint32_t(4)) +
                          raw(uint32_t(24'000'000)) + "abcd"),
                 {"4 bytes of LZF cannot hold the 24000000"});
  expect_refused(read_pcd(header(kPlaces, "2", "binary_compressed") + "abc"), {"sizes"});
  expect_refused(read_pcd(header(kPlaces, "2", "binary_compressed") + raw(uint32_t(9)) +
                          raw(uint32_t(24)) + "abcd"),
                 {"9 bytes of 4"});
  expect_refused(read_pcd(header(kPlaces, "2", "binary_compressed") + raw(uint32_t(4)) +
                          raw(uint32_t(99)) + "abcd"),
                 {"99 of 24"});
}

TEST(Pcd, LinesHaveAsManyWordsAsTheHeaderPromises) {
  expect_refused(read_pcd(header(kPlaces, "2") + "0 0 0\n1 2 3 4\n"), {"line 10", "\"4\""});
  expect_refused(read_pcd(header(kPlaces, "2") + "0 0 0\n1 2\n"), {"line 10 ends"});
  const std::string more = "FIELDS x y z rgb\nSIZE 4 4 4 4\nTYPE F F F F\nCOUNT 1 1 1 4000\n";
  expect_refused(read_pcd(header(more, "2") + "0 0 0 1\n1 2 3 1\n"), {"line 9 ends"});
  const std::string bytes = "FIELDS x y z\nSIZE 1 2 4\nTYPE U I F\n";
  expect_places(read_pcd(header(bytes, "2") + "255 -32768 1e9\n0 0 0\n"),
                {255, -32768, 1e9f, 0, 0, 0});
  expect_refused(read_pcd(header(bytes, "2") + "256 0 0\n0 0 0\n"), {"\"256\"", "1 bytes"});
  expect_refused(read_pcd(header(bytes, "2") + "0 0.5 0\n0 0 0\n"), {"\"0.5\"", "2 bytes"});
}

TEST(Pcd, MoreThanTheHeaderPromisesIsRefused) {
  expect_refused(read_pcd(header(kPlaces, "2") + "0 0 0\n1 2 3\n4 5 6\n"), {"line 11", "2 points"});
  expect_refused(read_pcd(binary_pcd(test_cloud()) + raw(1.f)), {"4 bytes", "promises"});
  expect_refused(read_pcd(compressed_pcd(test_cloud()) + "more"), {"4 bytes", "promises"});
  EXPECT_TRUE(read_pcd(binary_pcd(test_cloud()) + "\n"));
}

TEST(Pcd, HeadersAreChecked) {
  const std::string sized = "FIELDS x y z\nSIZE 4 4 4\n";
  expect_refused(read_pcd(""), {"DATA"});
  expect_refused(read_pcd(header("FIELDS x y\nSIZE 4 4\nTYPE F F\n", "1")), {"x, y", "fields"});
  expect_refused(read_pcd(header(sized, "1")), {"TYPE"});
  expect_refused(read_pcd(header("SIZE 8 8 8\nFIELDS x y z\nTYPE F F F\n", "1")),
                 {"SIZE before FIELDS"});
  expect_refused(read_pcd(header(sized + "TYPE F F D\n", "1")), {"\"D\"", "U"});
  expect_refused(read_pcd(header("FIELDS x y z\nSIZE 4 4 3\n", "1")), {"3 bytes"});
  expect_refused(read_pcd(header(sized + "TYPE F F F\nCOUNT 1 1 1000000000\n", "1")),
                 {"1000000000"});
  expect_refused(read_pcd(header("FIELDS x y z\nSIZE 2 4 4\nTYPE F F F\n", "2", "binary") +
                          std::string(20, '\0')),
                 {"2 bytes"});
  expect_refused(read_pcd(header(kPlaces, "2", "zip")), {"\"zip\"", "binary_compressed"});
  expect_refused(read_pcd(kPlaces + "DATA ascii\n"), {"POINTS"});
  expect_refused(read_pcd(kPlaces + "WIDTH 2\nPOINTS 3\nDATA ascii\n"), {"3", "2"});
  expect_refused(read_pcd(kPlaces + "WIDTH 99999999999\nHEIGHT 99999999999\nDATA ascii\n"),
                 {"HEIGHT"});
  expect_refused(read_pcd(kPlaces + kPlaces), {"second line of \"FIELDS\""});
  expect_refused(read_pcd(sized + "SIZE 4 4 4\n"), {"line 3", "second line of \"SIZE\""});
  expect_refused(read_pcd("VERSION 9.7\n" + kPlaces), {"line 1", "\"9.7\"", ".7"});
  EXPECT_TRUE(read_pcd("VERSION 0.6\n" + header(kPlaces, "2") + "0 0 0\n1 1 1\n"));
  expect_refused(read_pcd(sized + "TYPE F F\n"), {"line 3 ends", "\"z\""});
  expect_refused(read_pcd(sized + "TYPE F F F F\n"), {"line 3", "\"F\""});
  expect_refused(read_pcd(kPlaces + "DATA\n"), {"line 5 ends"});
  expect_refused(read_pcd(header("FIELDS x y z x\nSIZE 4 4 4 4\nTYPE F F F F\n", "1")),
                 {"x twice"});
  expect_refused(read_pcd(header(sized + "TYPE F F F\nCOUNT 1 0 1\n", "1")), {"y no value"});
  expect_refused(read_pcd(kPlaces + "SHAPE 1\n"), {"SHAPE"});
  expect_refused(read_pcd(kPlaces + "WIDTH 2\nHEIGHT 1\nDATA ascii\n0 0 0\n1 x 1\n"),
                 {"line 9", "\"x\""});
}

// A copy of what came before is a byte 111ooooo, its length less 9, and the low bits of how far
// back less 1.
TEST(Pcd, CompressedBytesMayRepeatEarlierOnes) {
  const std::string zeros = std::string("\x00\x00\xe0\x0a\x00", 5);  // 1 and 19 bytes
  const std::string last = std::string("\x03", 1) + raw(2.f);        // 4 bytes
  const std::string stream = zeros + last;                           // x 0 0, y 0 0, z 0 2
  const std::string file = pcd_header("binary_compressed", 2) + raw(uint32_t(stream.size())) +
                           raw(uint32_t(24)) + stream;
  expect_places(read_pcd(file), {0, 0, 0, 0, 0, 2});
}

// 64 MB come out of it, in a field that nobody reads.
TEST(Pcd, WhatIsPackedInFieldsThatNobodyReadsTakesNoMemory) {
  constexpr size_t kValues = 4096, kPoints = 2048;
  const std::string fields = "FIELDS a x y z\nSIZE 8 4 4 4\nTYPE F F F F\nCOUNT 4096 1 1 1\n";
  const size_t hidden = 8 * kValues * kPoints, places = 12 * kPoints;
  std::string stream = std::string("\0\0", 2);  // 1 byte, and then copies of 264
  size_t left = hidden + places - 1 - 4;
  for (; left >= 264; left -= 264) stream += std::string("\xe0\xff\0", 3);
  for (; left > 32; left -= 32) stream += std::string("\x1f", 1) + std::string(32, '\0');
  if (left > 0) stream += char(left - 1) + std::string(left, '\0');
  stream += "\3" + raw(2.f);
  const std::string file = header(fields, std::to_string(kPoints), "binary_compressed") +
                           raw(uint32_t(stream.size())) + raw(uint32_t(hidden + places)) + stream;
  const size_t before = most_resident_bytes();
  const auto cloud = read_pcd(file);
  ASSERT_TRUE(cloud) << cloud.error().message();
  EXPECT_EQ(cloud->points(), kPoints);
  EXPECT_EQ(cloud->xyz.back(), 2);
  EXPECT_LT(most_resident_bytes() - before, size_t(16) << 20);
}

TEST(Pcd, DamagedCompressionIsRefused) {
  const std::string file = compressed_pcd(test_cloud());
  const size_t body = file.size() - 62;  // 60 bytes in two runs
  for (size_t at = body; at < file.size(); ++at) {
    std::string damaged = file;
    damaged[at] = char(0xff);
    const auto cloud = read_pcd(damaged);
    EXPECT_TRUE(cloud || cloud.error().code() == ErrorCode::bad_input) << at;
  }
  std::string damaged = file;
  damaged[body] = char(0xff);  // a copy of bytes in front of the beginning
  expect_refused(read_pcd(damaged), {"LZF"});
  damaged = file;
  damaged[body] = char(damaged[body] - 1);  // a run that is shorter than its bytes
  expect_refused(read_pcd(damaged), {"LZF"});
}

}  // namespace
}  // namespace tutti
