#include "media/points/cloud_rows.h"

#include "media/points/point_patches.h"

namespace tutti {

void turn_y_up(std::vector<float>& xyz) {
  for (size_t i = 0; i + 2 < xyz.size(); i += 3) {
    const float y = xyz[i + 1];
    xyz[i + 1] = -xyz[i + 2];
    xyz[i + 2] = y;
  }
}

Rows cloud_rows(std::span<const float> xyz, uint64_t seed) {
  constexpr float kRadius = 4;  // eighths of a picture
  const PointPatches patches = point_patches(fit_cloud(xyz, seed));
  Rows rows{kPointsModality, rows_with_centres(patches), {}};
  for (size_t i = 0; i < patches.centres.size(); i += 3)
    rows.places.push_back(
        {0, (1 - patches.centres[i + 2]) * kRadius, (1 + patches.centres[i]) * kRadius});
  return rows;
}

}  // namespace tutti
