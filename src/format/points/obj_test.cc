#include "format/points/obj.h"

#include <gtest/gtest.h>

#include "tests/helpers/point_checks.h"
#include "tests/helpers/point_files.h"

namespace tutti {
namespace {

TEST(Obj, WeightsAndColoursArePassedOver) {
  expect_places(read_obj("v 0 0 0 1 0.5 0\nv 1 2 3 0 0 1 1\n"), {0, 0, 0, 1, 2, 3});
  expect_places(read_obj("v 0 0 0 1\nv 1 2 3 1\n"), {0, 0, 0, 1, 2, 3});
  expect_refused(read_obj("v 0 0 0\nv 1 2 3 four\n"), {"line 2", "\"four\""});
}

TEST(Obj, CornersCountFromEitherEndAndMayStandBeforeTheirPoints) {
  const std::string points = "v 0 0 0\nv 1 0 0\nv 0 1 0\n";
  const auto wanted = read_obj(points + "f 1 2 3\n");
  ASSERT_TRUE(wanted);
  EXPECT_EQ(int(wanted->points()), kSurfacePoints);
  for (const std::string& file :
       {points + "f -3 -2 -1\n", points + "f 1/1 2/1 3/1\n", points + "f 1//1 2//1 3//1\n",
        points + "f 1/1/1 -2/1/1 3\n", "f 1 2 3\n" + points, points + "f 1 \\\n2 \\\r\n3"})
    expect_points(read_obj(file), wanted->xyz);
}

TEST(Obj, NoOtherFileIsOpened) {
  const auto cloud = read_obj("mtllib /etc/passwd\nusemtl ../../x\nmap_Kd http://x/y.png\n" +
                              obj_file(test_cloud()));
  expect_points(cloud, read_obj(obj_file(test_cloud()))->xyz);
}

TEST(Obj, IndicesOutOfRangeAreRefused) {
  const std::string points = "v 0 0 0\nv 1 0 0\nv 0 1 0\n";
  expect_refused(read_obj(points + "f 1 2 4\n"), {"number 4", "3 points"});
  expect_refused(read_obj(points + "f 0 1 2\n"), {"line 4", "counted from 1"});
  expect_refused(read_obj(points + "f -4 1 2\n"), {"line 4", "-4", "3 points"});
  expect_refused(read_obj(points + "f -9223372036854775808 1 2\n"), {"line 4"});
  expect_refused(read_obj(points + "f 9223372036854775807 1 2\n"), {"line 4"});
  expect_refused(read_obj(points + "f 99999999999999999999 1 2\n"), {"line 4"});
  expect_refused(read_obj(points + "f a 1 2\n"), {"line 4", "\"a\""});
  expect_refused(read_obj(points + "f 1/a 2 3\n"), {"line 4", "\"1/a\""});
  expect_refused(read_obj("f -1 -1 -1\n" + points), {"line 1", "0 points"});
}

TEST(Obj, WhatIsNoneIsRefused) {
  expect_refused(read_obj("A novel.\nOf two lines."), {"v x y z"});
  expect_refused(read_obj("v 1 2\n"), {"line 1", "ends"});
  expect_refused(read_obj("v 1 2 three\n"), {"line 1", "\"three\""});
  expect_refused(read_obj("v 1 2 nan\n"), {"line 1", "nan"});
  expect_refused(read_obj("v 1 2 1e31\n"), {"line 1", "1e+31"});
  expect_refused(read_obj("v 1 2 1e400\n"), {"line 1", "inf", "1e30"});
  expect_refused(read_obj(std::string("\x4c\x01\0\0v 0 0 0\n", 12)), {"binary", "compiler"});
  expect_refused(read_obj("v 1 2 3\nv 1 2 3\n"), {"one place"});
}

TEST(Obj, HugeLinesCostNoMoreThanTheirBytes) {
  std::string file = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf";
  for (int i = 0; i < 300'000; ++i) file += " 1 2 3";
  const auto cloud = read_obj(file + "\n# " + std::string(5'000'000, '#'));
  ASSERT_TRUE(cloud) << cloud.error().message();
  EXPECT_EQ(int(cloud->points()), kSurfacePoints);
  std::string word = "v 0 0 " + std::string(1'000'000, '9');
  const auto refused = read_obj(word);
  ASSERT_FALSE(refused);
  EXPECT_LT(refused.error().message().size(), 300u);
}

}  // namespace
}  // namespace tutti
