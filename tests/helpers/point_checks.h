// What tests of the readers of points expect of a result.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/points/point_cloud.h"

namespace tutti {

// Refused as bad_input, with a message that has all of these parts.
inline void expect_refused(const Result<PointCloud>& cloud,
                           std::initializer_list<const char*> parts) {
  ASSERT_FALSE(cloud);
  EXPECT_EQ(cloud.error().code(), ErrorCode::bad_input);
  for (const char* part : parts)
    EXPECT_NE(cloud.error().message().find(part), std::string::npos) << cloud.error().message();
}

inline void expect_points(const Result<PointCloud>& cloud, const std::vector<float>& xyz) {
  ASSERT_TRUE(cloud) << cloud.error().message();
  EXPECT_EQ(cloud->xyz, xyz);
}

// These places, less the least x, y and z of them.
inline void expect_places(const Result<PointCloud>& cloud, const std::vector<float>& wanted) {
  std::array<float, 3> least = {INFINITY, INFINITY, INFINITY};
  for (size_t i = 0; i < wanted.size(); ++i) least[i % 3] = std::min(least[i % 3], wanted[i]);
  std::vector<float> moved;
  for (size_t i = 0; i < wanted.size(); ++i) moved.push_back(wanted[i] - least[i % 3]);
  expect_points(cloud, moved);
}

}  // namespace tutti
