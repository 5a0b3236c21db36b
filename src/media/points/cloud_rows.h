// A cloud of points as the rows that a model's modality of that name reads.
//
//   TUTTI_ASSIGN(const PointCloud cloud, read_points(bytes, name));
//   const Part part = Part::of_rows(cloud_rows(cloud.xyz, /*seed=*/0));
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/media_types.h"

namespace tutti {

inline constexpr const char* kPointsModality = "points";

// Which axis of a file points up. No format says so: scans and Blender have z, most OBJ files y.
enum class UpAxis { z, y };

// Turns x, y, z of each point, as a file with y up has them, to z up.
void turn_y_up(std::vector<float>& xyz);

// kPatches rows of kPatchValues + 3: patches with their centres (point_patches.h). Their places are
// the centres as they are seen from the front, with z up; the sphere about the cloud fills the
// view. `xyz` and `seed` as in fit_cloud().
Rows cloud_rows(std::span<const float> xyz, uint64_t seed);

}  // namespace tutti
