// Which fields of a PCD file are places and colours, and what becomes of a point of them.
#pragma once

#include <array>
#include <optional>

#include "base/result.h"
#include "format/points/cloud_builder.h"
#include "format/points/pcd/pcd_header.h"

namespace tutti {

struct PcdColumns {
  std::array<const PcdField*, 3> places{};
  const PcdField* colour = nullptr;  // 4 bytes, packed; may be missing
};

// Pointers into `header`; bad_input without x, y and z.
Result<PcdColumns> find_pcd_columns(const PcdHeader& header);

// Three NaNs are what PCL writes where a sensor measured nothing: no point. `colour`: blue in the
// lowest byte, then green and red.
Status add_measured(const std::array<double, 3>& place, std::optional<uint32_t> colour,
                    CloudBuilder& cloud);

}  // namespace tutti
