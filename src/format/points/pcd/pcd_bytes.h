// The points of binary and binary_compressed PCD files.
#pragma once

#include <string_view>

#include "base/result.h"
#include "format/points/pcd/pcd_columns.h"
#include "format/points/pcd/pcd_header.h"
#include "format/points/point_cloud.h"

namespace tutti {

// `body`: what stands behind the header.
Result<PointCloud> read_pcd_binary(std::string_view body, const PcdHeader& header,
                                   const PcdColumns& fields, const PointLimits& limits);
Result<PointCloud> read_pcd_compressed(std::string_view body, const PcdHeader& header,
                                       const PcdColumns& fields, const PointLimits& limits);

}  // namespace tutti
