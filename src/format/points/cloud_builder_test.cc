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
  EXPECT_EQ(done->origin[0], 4'500'000.001);
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
  EXPECT_EQ(one->origin, other->origin);
  EXPECT_EQ(sorted_places(*one), sorted_places(*other));
}

TEST(CloudBuilder, RefusesWhatIsNoNumberOrTooLarge) {
  for (double value : {double(NAN), double(INFINITY), -double(INFINITY), 1.1e30, -1e300}) {
    CloudBuilder cloud = builder_of({{0, 0, 0}});
    const Status status = cloud.add_point(0, value, 0);
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().message().find("point 2"), std::string::npos);
  }
  CloudBuilder largest = builder_of({{-1e30, 0, 0}, {1e30, 0, 0}});
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

TEST(CloudBuilder, ColoursCountWhereEveryPointHasOne) {
  CloudBuilder cloud = builder_of({{0, 0, 0}});
  cloud.add_colour(1, 2, 3);
  ASSERT_TRUE(cloud.add_point(1, 0, 0));
  CloudBuilder whole = cloud;
  whole.add_colour(4, 5, 6);
  EXPECT_TRUE(cloud.finish()->colours.empty());
  EXPECT_EQ(whole.finish()->colours, (std::vector<uint8_t>{1, 2, 3, 4, 5, 6}));
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
    const float x = done->xyz[3 * i] + float(done->origin[0]), y = done->xyz[3 * i + 1];
    right += x > 0;
    EXPECT_GE(y, 0);
    EXPECT_LE(x > 0 ? x / 3 + y : y - x, 1 + 1e-6);
    EXPECT_EQ(done->xyz[3 * i + 2], 0);
  }
  EXPECT_NEAR(right, kSurfacePoints * 0.75, 4 * std::sqrt(kSurfacePoints * 3.0 / 16));
}

TEST(Surface, IsTheSameEachTimeAndBlendsColours) {
  CloudBuilder cloud = builder_of({{0, 0, 0}});
  cloud.add_colour(0, 0, 0);
  ASSERT_TRUE(cloud.add_point(1, 0, 0));
  cloud.add_colour(255, 0, 0);
  ASSERT_TRUE(cloud.add_point(0, 1, 0));
  cloud.add_colour(0, 255, 0);
  add_face(cloud, {0, 1, 2});
  CloudBuilder copy = cloud;
  const auto one = cloud.finish(), other = copy.finish();
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->xyz, other->xyz);
  for (size_t i = 0; i < one->points(); ++i) {
    EXPECT_NEAR(one->colours[3 * i], 255 * one->xyz[3 * i], 0.51);
    EXPECT_NEAR(one->colours[3 * i + 1], 255 * one->xyz[3 * i + 1], 0.51);
  }
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
