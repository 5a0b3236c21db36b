// Which fields of a PCD file are places, and what becomes of a point of them.
#pragma once

#include <array>

#include "base/result.h"
#include "format/points/cloud_builder.h"
#include "format/points/pcd/pcd_header.h"

namespace tutti {

using PcdColumns = std::array<const PcdField*, 3>;  // x, y, z

// Pointers into `header`; bad_input without one x, y and z.
Result<PcdColumns> find_pcd_columns(const PcdHeader& header);

// Three NaNs are what PCL writes where a sensor measured nothing: no point.
Status add_measured(const std::array<double, 3>& place, CloudBuilder& cloud);

}  // namespace tutti
