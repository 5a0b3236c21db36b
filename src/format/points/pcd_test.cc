#include "format/points/pcd.h"

#include <gtest/gtest.h>

#include <cmath>

#include "format/points/pcd/lzf.h"
#include "tests/helpers/point_checks.h"
#include "tests/helpers/point_files.h"

namespace tutti {
namespace {

bool has_lzf() {
  return bool(lzf_decompress(std::string("\0a", 2), 1));
}

std::string header(const std::string& fields, const std::string& points,
                   const std::string& data = "ascii") {
  return fields + "WIDTH " + points + "\nHEIGHT 1\nPOINTS " + points + "\nDATA " + data + "\n";
}

const std::string kPlaces = "FIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\n";
const std::string kColoured = "FIELDS x y z rgb\nSIZE 4 4 4 4\nTYPE F F F F\n";

TEST(Pcd, ReadsTextBytesAndColumnsAlike) {
  const auto text = read_pcd(ascii_pcd(test_cloud()));
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(text->points(), 5u);
  expect_places(read_pcd(binary_pcd(test_cloud())), places_of(*text));
  if (has_lzf()) {
    expect_places(read_pcd(compressed_pcd(test_cloud())), places_of(*text));
  } else {
    expect_refused(read_pcd(compressed_pcd(test_cloud())), {"liblzf", "PCD binary"});
  }
}

TEST(Pcd, ColoursArePackedInAFloatOrAnInteger) {
  const auto text = read_pcd(header(kColoured, "2") + "0 0 0 4.2108e+06\n1 2 3 0\n");
  expect_places(text, {0, 0, 0, 1, 2, 3});
  float packed = 4.2108e+06f;
  uint32_t bits = 0;
  std::memcpy(&bits, &packed, 4);
  EXPECT_EQ(text->colours[0], bits >> 16 & 255);
  const std::string integers = "FIELDS x y z rgba\nSIZE 4 4 4 4\nTYPE F F F U\n";
  const auto whole = read_pcd(header(integers, "2") + "0 0 0 4278255615\n1 2 3 255\n");
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_EQ(whole->colours, (std::vector<uint8_t>{0, 255, 255, 0, 0, 255}));  // 0xff00ffff
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
                 {has_lzf() ? "4 bytes of LZF cannot hold the 24000000" : "liblzf"});
  expect_refused(read_pcd(header(kPlaces, "2", "binary_compressed") + "abc"), {"sizes"});
  expect_refused(read_pcd(header(kPlaces, "2", "binary_compressed") + raw(uint32_t(9)) +
                          raw(uint32_t(24)) + "abcd"),
                 {"9 bytes of 4"});
  expect_refused(read_pcd(header(kPlaces, "2", "binary_compressed") + raw(uint32_t(4)) +
                          raw(uint32_t(99)) + "abcd"),
                 {"99 of 24"});
}

// The header promises a million values between z and rgb, and the lines end after z: what is not
// there is not looked for a million times a line, or this would take hours.
TEST(Pcd, PromisedValuesAreNotLookedForBehindTheLine) {
  std::string fields = "FIELDS x y z", sizes = "SIZE 4 4 4", types = "TYPE F F F",
              counts = "COUNT 1 1 1";
  for (int i = 0; i < 250; ++i) {
    fields += " f";
    sizes += " 4";
    types += " F";
    counts += " 4096";
  }
  std::string lines;
  for (int i = 0; i < 200'000; ++i) lines += std::to_string(i % 7) + " 1 2\n";
  const auto cloud = read_pcd(
      header(fields + " rgb\n" + sizes + " 4\n" + types + " F\n" + counts + " 1\n", "200000") +
      lines);
  ASSERT_TRUE(cloud) << cloud.error().message();
  EXPECT_EQ(cloud->points(), 200'000u);
  EXPECT_TRUE(cloud->colours.empty());
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
  expect_refused(read_pcd(kPlaces + kPlaces), {"second"});
  expect_refused(read_pcd(kPlaces + "SHAPE 1\n"), {"SHAPE"});
  expect_refused(read_pcd(kPlaces + "WIDTH 2\nHEIGHT 1\nDATA ascii\n0 0 0\n1 x 1\n"),
                 {"line 2", "\"x\""});
}

// A copy of what came before is a byte 111ooooo, its length less 9, and the low bits of how far
// back less 1.
TEST(Pcd, CompressedBytesMayRepeatEarlierOnes) {
  if (!has_lzf()) GTEST_SKIP() << "built without liblzf";
  const std::string zeros = std::string("\x00\x00\xe0\x0a\x00", 5);  // 1 and 19 bytes
  const std::string last = std::string("\x03", 1) + raw(2.f);        // 4 bytes
  const std::string stream = zeros + last;                           // x 0 0, y 0 0, z 0 2
  const std::string file = pcd_header("binary_compressed", 2) + raw(uint32_t(stream.size())) +
                           raw(uint32_t(24)) + stream;
  expect_places(read_pcd(file), {0, 0, 0, 0, 0, 2});
}

TEST(Pcd, DamagedCompressionIsRefused) {
  if (!has_lzf()) GTEST_SKIP() << "built without liblzf";
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
}

}  // namespace
}  // namespace tutti
