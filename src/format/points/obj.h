// Wavefront OBJ: points ("v"; weights and colours behind the place are passed over) and faces ("f",
// of any number of corners, counted from 1, or from the end where they are negative). Everything
// else is passed over; materials and textures are other files, which are never opened.
#pragma once

#include <string_view>

#include "base/result.h"
#include "format/points/point_cloud.h"

namespace tutti {

Result<PointCloud> read_obj(std::string_view file, const PointLimits& limits = {});

}  // namespace tutti
