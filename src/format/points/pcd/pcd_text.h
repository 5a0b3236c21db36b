// The points of ascii PCD files, one a line.
#pragma once

#include <string_view>

#include "base/result.h"
#include "format/points/pcd/pcd_columns.h"
#include "format/points/pcd/pcd_header.h"
#include "format/points/point_cloud.h"

namespace tutti {

// `body`: what stands behind the header.
Result<PointCloud> read_pcd_text(std::string_view body, const PcdHeader& header,
                                 const PcdColumns& fields, const PointLimits& limits);

}  // namespace tutti
