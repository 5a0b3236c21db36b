// PCD of the Point Cloud Library: ascii, binary and binary_compressed. Read are x, y and z. Points
// whose three coordinates are NaN are what PCL writes where a sensor measured nothing; they are
// left out.
#pragma once

#include <string_view>

#include "base/result.h"
#include "format/points/point_cloud.h"

namespace tutti {

Result<PointCloud> read_pcd(std::string_view file, const PointLimits& limits = {});

}  // namespace tutti
