// Points on the surface of a mesh.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "format/points/point_cloud.h"

namespace tutti {

using Triangle = std::array<uint32_t, 3>;  // corners, as places among the points

// `count` points spread over the triangles by area, the same for the same mesh. The mesh's own
// points where no triangle has an area. Corners must be inside.
PointCloud sample_surface(PointCloud mesh, std::span<const Triangle> triangles, int count);

}  // namespace tutti
