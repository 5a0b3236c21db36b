#include "format/points/off.h"

#include <gtest/gtest.h>

#include "tests/helpers/point_checks.h"
#include "tests/helpers/point_files.h"

namespace tutti {
namespace {

TEST(Off, CountsStandInThreePlaces) {
  for (const char* head : {"OFF\n2 0 0\n", "OFF 2 0 0\n", "OFF2 0 0\n", "# c\n\nOFF # c\n\n2 0\n"})
    expect_places(read_off(std::string(head) + "0 0 0\n\n1 2 3 # c\n"), {0, 0, 0, 1, 2, 3});
  expect_places(read_off("OFF\r\n2 0 0\r\n0 0 0\r\n1 2 3\r\n"), {0, 0, 0, 1, 2, 3});
}

TEST(Off, NormalsAndColoursArePassedOver) {
  expect_places(read_off("COFF\n2 0 0\n0 0 0 255 128 0 255\n1 2 3 1.0 0.5 0. 1.0\n"),
                {0, 0, 0, 1, 2, 3});
  expect_places(read_off("STCNOFF 2 0 0\n0 0 0 0 0 1 9 8 7 255\n1 2 3 0 0 1 6 5 4 255\n"),
                {0, 0, 0, 1, 2, 3});
  const auto mesh = read_off("OFF 3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2 0.5 0.5 0.5\n");
  EXPECT_TRUE(mesh) << mesh.error().message();
}

TEST(Off, MoreThanTheFilePromisesIsRefused) {
  expect_refused(read_off("OFF\n2 0 0\n0 0 0\n1 1 1\n# c\n\n2 2 2\n"),
                 {"line 7", "2 points and 0 faces"});
}

TEST(Off, AMeshBecomesPointsOnItsSurface) {
  const auto cloud = read_off(off_file(test_mesh()));
  ASSERT_TRUE(cloud) << cloud.error().message();
  EXPECT_EQ(int(cloud->points()), kSurfacePoints);
}

TEST(Off, PromisesBeyondTheFileAreRefused) {
  expect_refused(read_off("OFF\n1000000000 0 0\n0 0 0\n1 1 1\n"), {"1000000000 points", "after 2"});
  expect_refused(read_off("OFF\n2 1000000000 0\n0 0 0\n1 1 1\n"), {"1000000000 faces", "after 0"});
  expect_refused(read_off("OFF\n2 1 0\n0 0 0\n1 1 1\n1000000000 0 1 0\n"), {"line 5", "a corner"});
}

TEST(Off, WhatIsWrongIsNamed) {
  expect_refused(read_off(""), {"OFF"});
  expect_refused(read_off("OFFICE\n2 0 0\n"), {"OFF"});
  expect_refused(read_off("OFF BINARY\n"), {"BINARY", "PLY"});
  expect_refused(read_off("4OFF\n2 0 0\n"), {"dimensions"});
  expect_refused(read_off("nOFF\n3\n2 0 0\n"), {"dimensions"});
  expect_refused(read_off("OFF\n"), {"ends where the number of points"});
  expect_refused(read_off("OFF\n-2 0 0\n"), {"\"-2\"", "number of points"});
  expect_refused(read_off("OFF\n2\n0 0 0\n"), {"number of faces"});
  expect_refused(read_off("OFF\n0 0 0\n"), {"no points"});
  expect_refused(read_off("OFF\n2 1 0\n0 0 0\n1 1 1\n3 0 1 2\n"), {"line 5", "point 2"});
  expect_refused(read_off("OFF\n2 1 0\n0 0 0\n1 1 1\n3 0 1 -1\n"), {"line 5", "\"-1\""});
  expect_refused(read_off("OFF\n2 0 0\n0 0 0\n1 1 x\n"), {"line 4", "\"x\""});
  expect_refused(read_off("COFF\n2 0 0\n0 0 0 a\n"), {"line 3", "\"a\"", "a number"});
  expect_refused(read_off("OFF\n2 0 0 b\n0 0 0\n1 1 1\n"), {"line 2", "\"b\""});
  expect_refused(read_off("OFF\n2 1 0\n0 0 0\n1 1 1\n2 0 1 c\n"), {"line 5", "\"c\""});
}

}  // namespace
}  // namespace tutti
