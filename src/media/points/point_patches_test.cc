#include "media/points/point_patches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/rng.h"

namespace tutti {
namespace {

// Points with no symmetry, so that nothing is as far as anything else.
std::vector<float> random_cloud(size_t points, uint64_t seed = 1) {
  Rng rng(seed);
  std::vector<float> xyz;
  for (size_t i = 0; i < points; ++i) {
    const double x = rng.normal(), y = 0.5 * rng.normal();
    for (double value : {x, y, 0.3 * x * x + 0.05 * rng.normal()}) xyz.push_back(float(value));
  }
  return xyz;
}

std::vector<float> shuffled(const std::vector<float>& xyz) {
  Rng rng(7);
  std::vector<float> out = xyz;
  for (size_t i = 0; i + 3 < out.size(); i += 3) {
    const size_t other = i + 3 * size_t(rng.below(int((out.size() - i) / 3)));
    std::swap_ranges(out.begin() + long(i), out.begin() + long(i + 3), out.begin() + long(other));
  }
  return out;
}

std::array<double, 3> mean_of(const std::vector<float>& xyz) {
  std::array<double, 3> mean{};
  for (size_t i = 0; i < xyz.size(); ++i) mean[i % 3] += xyz[i] / (double(xyz.size()) / 3);
  return mean;
}

double farthest(const std::vector<float>& xyz) {
  double most = 0;
  for (size_t i = 0; i < xyz.size(); i += 3)
    most = std::max(most, std::hypot(double(xyz[i]), double(xyz[i + 1]), double(xyz[i + 2])));
  return most;
}

TEST(FitCloud, FillsTheUnitSphereAroundTheCentroid) {
  const std::vector<float> cloud = fit_cloud(random_cloud(kCloudPoints), 0);
  ASSERT_EQ(cloud.size(), size_t(3) * kCloudPoints);
  for (double value : mean_of(cloud)) EXPECT_NEAR(value, 0, 1e-6);
  EXPECT_NEAR(farthest(cloud), 1, 1e-6);
}

TEST(FitCloud, TheOrderOfThePointsChangesNoBit) {
  for (size_t points : {3u, 500u, 1024u, 3000u}) {
    const std::vector<float> xyz = random_cloud(points), other = shuffled(xyz);
    ASSERT_NE(xyz, other);
    EXPECT_EQ(fit_cloud(xyz, 5), fit_cloud(other, 5));
  }
}

TEST(FitCloud, DrawsBySeedFromMoreAndRepeatsFewer) {
  const std::vector<float> many = random_cloud(3000);
  EXPECT_EQ(fit_cloud(many, 1), fit_cloud(many, 1));
  EXPECT_NE(fit_cloud(many, 1), fit_cloud(many, 2));
  const std::vector<float> few = fit_cloud(random_cloud(300), 1);
  std::vector<std::array<float, 3>> points(few.size() / 3);
  for (size_t i = 0; i < few.size(); ++i) points[i / 3][i % 3] = few[i];
  std::sort(points.begin(), points.end());
  size_t least = points.size(), most = 0, different = 0;
  for (size_t i = 0; i < points.size(); ++different) {
    const size_t begin = i;
    while (i < points.size() && points[i] == points[begin]) ++i;
    least = std::min(least, i - begin);
    most = std::max(most, i - begin);
  }
  EXPECT_EQ(different, 300u);
  EXPECT_EQ(least, 3u);
  EXPECT_EQ(most, 4u);
}

TEST(FitCloud, HugeTinyAndEqualCoordinatesStayNumbers) {
  for (float scale : {1e-30f, 1e28f, 1e29f}) {
    std::vector<float> xyz = random_cloud(600);
    for (float& value : xyz) value *= scale;
    const std::vector<float> cloud = fit_cloud(xyz, 0);
    for (float value : cloud) ASSERT_TRUE(std::isfinite(value));
    EXPECT_NEAR(farthest(cloud), 1, 1e-5);
  }
  const std::vector<float> heap(300, 1e29f);
  EXPECT_EQ(fit_cloud(heap, 0), std::vector<float>(size_t(3) * kCloudPoints, 0));
  const PointPatches patches = point_patches(fit_cloud(heap, 0));
  EXPECT_EQ(patches.rows, std::vector<float>(size_t(kPatches) * kPatchValues, 0));
}

// Moved and scaled, every coordinate is rounded again: by 2^-24 of the largest one, which after
// scaling to the sphere is (offset + reach) / radius of that. The centroid and the radius add as
// much each.
TEST(PointPatches, MovingAndScalingChangeRoundingAlone) {
  const std::vector<float> xyz = random_cloud(kCloudPoints);
  const PointPatches wanted = point_patches(fit_cloud(xyz, 0));
  std::vector<float> moved = xyz;
  for (size_t i = 0; i < moved.size(); ++i) moved[i] = moved[i] * 3 + (i % 3 ? -20.0f : 10.0f);
  const PointPatches got = point_patches(fit_cloud(moved, 0));
  const double radius = farthest(xyz);  // within a centroid of the true one
  const double most = 3 * std::exp2(-24) * (20 + 3 * radius) / (3 * radius) * 4;
  for (size_t i = 0; i < wanted.centres.size(); ++i)
    ASSERT_NEAR(got.centres[i], wanted.centres[i], most) << i;
  // A patch's scale, and with it the Morton cells, changes by rounding; a point on the border of a
  // cell may change its place in the row.
  size_t differ = 0;
  for (size_t i = 0; i < wanted.rows.size(); ++i)
    differ += std::abs(got.rows[i] - wanted.rows[i]) > 2 * most;
  EXPECT_LT(differ, wanted.rows.size() / 100);
}

TEST(PointPatches, TheOrderOfThePointsChangesNoBit) {
  const std::vector<float> cloud = fit_cloud(random_cloud(2000), 0);
  const PointPatches one = point_patches(cloud), other = point_patches(shuffled(cloud));
  EXPECT_EQ(one.rows, other.rows);
  EXPECT_EQ(one.centres, other.centres);
}

TEST(PointPatches, CentresArePointsThatCoverTheCloud) {
  const std::vector<float> cloud = fit_cloud(random_cloud(kCloudPoints), 0);
  const PointPatches patches = point_patches(cloud);
  ASSERT_EQ(patches.centres.size(), size_t(3) * kPatches);
  const auto distance = [](const float* a, const float* b) {
    return std::hypot(double(a[0] - b[0]), double(a[1] - b[1]), double(a[2] - b[2]));
  };
  double closest = INFINITY, uncovered = 0;
  for (int i = 0; i < kPatches; ++i)
    for (int j = 0; j < i; ++j)
      closest = std::min(closest, distance(&patches.centres[size_t(3) * size_t(i)],
                                           &patches.centres[size_t(3) * size_t(j)]));
  for (int i = 0; i < kCloudPoints; ++i) {
    double nearest = INFINITY;
    for (int j = 0; j < kPatches; ++j)
      nearest = std::min(nearest, distance(&cloud[size_t(3) * size_t(i)],
                                           &patches.centres[size_t(3) * size_t(j)]));
    uncovered = std::max(uncovered, nearest);
  }
  // What farthest-point sampling promises: no point is farther from a centre than centres from each
  // other.
  EXPECT_LE(uncovered, closest + 1e-6);
}

TEST(PointPatches, RowsAreTheNearestPointsLessTheCentre) {
  const std::vector<float> cloud = fit_cloud(random_cloud(kCloudPoints), 0);
  const PointPatches patches = point_patches(cloud);
  ASSERT_EQ(patches.rows.size(), size_t(kPatches) * kPatchValues);
  for (int p = 0; p < kPatches; ++p) {
    const float* centre = &patches.centres[size_t(3) * size_t(p)];
    std::vector<double> all, got;
    for (size_t i = 0; i < cloud.size(); i += 3)
      all.push_back(std::hypot(double(cloud[i] - centre[0]), double(cloud[i + 1] - centre[1]),
                               double(cloud[i + 2] - centre[2])));
    const float* row = &patches.rows[size_t(p) * kPatchValues];
    for (int i = 0; i < kPatchPoints; ++i)
      got.push_back(std::hypot(double(row[3 * i]), double(row[3 * i + 1]), double(row[3 * i + 2])));
    std::sort(all.begin(), all.end());
    std::sort(got.begin(), got.end());
    for (int i = 0; i < kPatchPoints; ++i) ASSERT_NEAR(got[size_t(i)], all[size_t(i)], 1e-6);
    EXPECT_NEAR(got[0], 0, 1e-9);  // the centre itself
  }
}

TEST(PointPatches, CentresStandBehindTheirRows) {
  const PointPatches patches = point_patches(fit_cloud(random_cloud(kCloudPoints), 0));
  const std::vector<float> values = rows_with_centres(patches);
  ASSERT_EQ(values.size(), patches.rows.size() + patches.centres.size());
  constexpr size_t kWidth = kPatchValues + 3;
  EXPECT_EQ(values[kWidth], patches.rows[kPatchValues]);
  EXPECT_EQ(values[2 * kWidth - 1], patches.centres[5]);
  EXPECT_EQ(values.back(), patches.centres.back());
}

// A slot keeps its corner of the patch: the first quarter lies lower in the first direction than
// the last one, in every patch.
TEST(PointPatches, SlotsKeepTheirCorner) {
  const PointPatches patches = point_patches(fit_cloud(random_cloud(kCloudPoints), 0));
  double first = 0, last = 0;
  for (int p = 0; p < kPatches; ++p) {
    const float* row = &patches.rows[size_t(p) * kPatchValues];
    for (int i = 0; i < kPatchPoints / 4; ++i) {
      first += row[3 * i];
      last += row[3 * (kPatchPoints - 1 - i)];
    }
  }
  EXPECT_LT(first, 0);
  EXPECT_GT(last, 0);
}

}  // namespace
}  // namespace tutti
