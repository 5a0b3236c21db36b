// What holds for every cloud that a reader of points lets through, and for every refusal.
#pragma once

#include <cmath>
#include <cstdlib>

#include "base/result.h"
#include "format/points/point_cloud.h"
#include "media/points/point_patches.h"

inline void check_cloud(const tutti::Result<tutti::PointCloud>& cloud) {
  if (!cloud) {
    if (cloud.error().code() != tutti::ErrorCode::bad_input) std::abort();
    if (cloud.error().message().empty() || cloud.error().message().size() > 4096) std::abort();
    return;
  }
  const auto finite = [](float value) { return std::isfinite(value); };
  if (cloud->points() < 2 || cloud->xyz.size() % 3) std::abort();
  for (float value : cloud->xyz)
    if (!finite(value)) std::abort();
  for (float value : tutti::fit_cloud(cloud->xyz, 0))
    if (!finite(value) || std::abs(value) > 1.001f) std::abort();
}
