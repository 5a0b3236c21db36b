// What tests of the readers of points expect of a result.
#pragma once

#include <gtest/gtest.h>

#include <string>

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

inline std::vector<double> places_of(const PointCloud& cloud) {
  std::vector<double> places;
  for (size_t i = 0; i < cloud.xyz.size(); ++i)
    places.push_back(cloud.xyz[i] + cloud.origin[i % 3]);
  return places;
}

inline void expect_places(const Result<PointCloud>& cloud, const std::vector<double>& wanted) {
  ASSERT_TRUE(cloud) << cloud.error().message();
  EXPECT_EQ(places_of(*cloud), wanted);
}

}  // namespace tutti
