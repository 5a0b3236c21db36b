// PLY (Turk 1994): ascii, binary_little_endian and binary_big_endian. Read are x, y and z of the
// element "vertex", and the corners of "face"; other elements and properties are passed over.
#pragma once

#include <string_view>

#include "base/result.h"
#include "format/points/point_cloud.h"

namespace tutti {

Result<PointCloud> read_ply(std::string_view file, const PointLimits& limits = {});

}  // namespace tutti
