#include "format/points/cloud_builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.h"
#include "format/points/surface.h"
#include "tests/helpers/point_checks.h"

namespace tutti {
namespace {

CloudBuilder builder_of(std::initializer_list<std::array<double, 3>> points) {
  CloudBuilder cloud({});
  for (const auto& point : points) EXPECT_TRUE(cloud.add_point(point[0], point[1], point[2]));
  return cloud;
}

void add_face(CloudBuilder& cloud, std::initializer_list<uint64_t> corners) {
  cloud.begin_polygon();
  for (uint64_t corner : corners) ASSERT_TRUE(cloud.add_corner(corner));
}

TEST(CloudBuilder, KeepsMillimetresOnTheCoordinatesOfAMap) {
  CloudBuilder cloud = builder_of({{4'500'000.001, 600'000, 0}, {4'500'000.002, 600'000, 0}});
  const auto done = cloud.finish();
  ASSERT_TRUE(done);
  EXPECT_NEAR(done->xyz[3], 0.001, 1e-8);
}

using Place = std::array<float, 3>;

std::vector<Place> sorted_places(const PointCloud& cloud) {
  std::vector<Place> places(cloud.points());
  for (size_t i = 0; i < cloud.xyz.size(); ++i) places[i / 3][i % 3] = cloud.xyz[i];
  std::sort(places.begin(), places.end());
  return places;
}

TEST(CloudBuilder, NoOrderOfThePointsChangesABit) {
  std::vector<std::array<double, 3>> points;
  Rng rng(5);
  for (int i = 0; i < 50; ++i)
    points.push_back({4.5e6 + rng.uniform(), 1000 * rng.normal(), rng.normal() / 1000});
  points.push_back({4.5e6, 0.0, -0.0});
  CloudBuilder forward({}), backward({});
  for (size_t i = 0; i < points.size(); ++i) {
    const auto &a = points[i], &b = points[points.size() - 1 - i];
    ASSERT_TRUE(forward.add_point(a[0], a[1], a[2]));
    ASSERT_TRUE(backward.add_point(b[0], b[1], b[2]));
  }
  const auto one = forward.finish(), other = backward.finish();
  ASSERT_TRUE(one && other);
  EXPECT_EQ(sorted_places(*one), sorted_places(*other));
}

TEST(CloudBuilder, RefusesWhatIsNoNumberOrTooLarge) {
  for (double value : {double(NAN), double(INFINITY), -double(INFINITY), 1.1e30, -1e300}) {
    CloudBuilder cloud = builder_of({{0, 0, 0}});
    const Status status = cloud.add_point(0, value, 0);
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().message().find("point 2"), std::string::npos);
  }
  const double beyond = std::nextafter(double(1e30f), 1e31);
  const Status status = CloudBuilder({}).add_point(beyond, 0, 0);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("1.000000015"), std::string::npos)
      << "not 1e+30, which is the limit: " << status.error().message();
  CloudBuilder largest = builder_of({{-1e30f, 0, 0}, {1e30f, 0, 0}});
  const auto cloud = largest.finish();
  ASSERT_TRUE(cloud);
  EXPECT_TRUE(std::isfinite(cloud->xyz[3]));
}

TEST(CloudBuilder, RefusesNoPointsAndPointsInOnePlace) {
  expect_refused(CloudBuilder({}).finish(), {"no points"});
  expect_refused(builder_of({{3, 4, 5}}).finish(), {"(1)", "one place"});
  expect_refused(builder_of({{3, 4, 5}, {3, 4, 5}}).finish(), {"(2)", "one place"});
}

TEST(CloudBuilder, HoldsItsLimits) {
  CloudBuilder cloud({.most_points = 4, .most_triangles = 2});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(cloud.add_point(i, i * i, 0));
  EXPECT_FALSE(cloud.add_point(9, 9, 9));
  add_face(cloud, {0, 1, 2, 3});
  EXPECT_FALSE(cloud.add_corner(1));
  EXPECT_FALSE(cloud.add_corner(4));
  EXPECT_FALSE(cloud.add_corner(UINT64_MAX));
}

TEST(CloudBuilder, RefusesCornersThatAreNotThere) {
  CloudBuilder cloud = builder_of({{0, 0, 0}, {1, 0, 0}});
  add_face(cloud, {0, 1, 0});
  add_face(cloud, {0, 1, 2});
  expect_refused(cloud.finish(), {"polygon 2", "number 3", "2 points"});
}

// What no float would hold, or in a few digits alone, is a shape all the same.
TEST(CloudBuilder, TinyCloudsAreScaledUp) {
  const auto wanted = builder_of({{0, 0, 0}, {1, 0.75, 0.5}}).finish();
  ASSERT_TRUE(wanted);
  for (const double size : {0x1p-120, 0x1p-145, 0x1p-300, 0x1p-1070}) {
    const auto tiny = builder_of({{0, 0, 0}, {size, 0.75 * size, 0.5 * size}}).finish();
    ASSERT_TRUE(tiny) << tiny.error().message();
    EXPECT_EQ(tiny->xyz, wanted->xyz) << size;
  }
  const auto small = builder_of({{0, 0, 0}, {0x1p-99, 0, 0}}).finish();
  EXPECT_EQ(small->xyz[3], 0x1p-99f) << "a float holds it";
}

// Two triangles, of which one has three times the area of the other: the counts of points are those
// of a binomial, within four standard deviations (stratified, they are nearer).
TEST(Surface, PointsAreSpreadByArea) {
  CloudBuilder cloud = builder_of({{0, 0, 0}, {3, 0, 0}, {0, 1, 0}, {-1, 0, 0}});
  add_face(cloud, {0, 1, 2});
  add_face(cloud, {0, 2, 3});
  const auto done = cloud.finish();
  ASSERT_TRUE(done);
  ASSERT_EQ(int(done->points()), kSurfacePoints);
  int right = 0;
  for (size_t i = 0; i < done->points(); ++i) {
    const float x = done->xyz[3 * i] - 1, y = done->xyz[3 * i + 1];
    right += x > 0;
    EXPECT_GE(y, 0);
    EXPECT_LE(x > 0 ? x / 3 + y : y - x, 1 + 1e-6);
    EXPECT_EQ(done->xyz[3 * i + 2], 0);
  }
  EXPECT_NEAR(right, kSurfacePoints * 0.75, 4 * std::sqrt(kSurfacePoints * 3.0 / 16));
}

TEST(Surface, IsTheSameEachTime) {
  CloudBuilder cloud = builder_of({{0, 0, 0}});
  ASSERT_TRUE(cloud.add_point(1, 0, 0));
  ASSERT_TRUE(cloud.add_point(0, 1, 0));
  add_face(cloud, {0, 1, 2});
  CloudBuilder copy = cloud;
  const auto one = cloud.finish(), other = copy.finish();
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->xyz, other->xyz);
}

TEST(Surface, FacesWithoutAnAreaLeaveThePoints) {
  CloudBuilder cloud = builder_of({{0, 0, 0}, {1, 0, 0}, {2, 0, 0}});
  add_face(cloud, {0, 1, 2});
  add_face(cloud, {0, 1});
  add_face(cloud, {});
  const auto done = cloud.finish();
  ASSERT_TRUE(done);
  EXPECT_EQ(done->points(), 3u);
}

TEST(Surface, HugeTrianglesDoNotOverflow) {
  CloudBuilder cloud = builder_of({{-1e30, -1e30, 0}, {1e30, -1e30, 0}, {0, 1e30, 1e30}});
  add_face(cloud, {0, 1, 2});
  const auto done = cloud.finish();
  ASSERT_TRUE(done);
  EXPECT_EQ(int(done->points()), kSurfacePoints);
  for (float value : done->xyz) EXPECT_TRUE(std::isfinite(value));
}

}  // namespace
}  // namespace tutti
