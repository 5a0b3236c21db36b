// OFF, the Object File Format of Geomview and ModelNet: OFF, COFF, NOFF, STOFF and their
// combinations, in text. Binary files and those of four or n dimensions are refused by name.
#pragma once

#include <string_view>

#include "base/result.h"
#include "format/points/point_cloud.h"

namespace tutti {

// Whether the first word is OFF's, also where the counts are glued to it ("OFF8 6 12").
bool is_off(std::string_view file);

Result<PointCloud> read_off(std::string_view file, const PointLimits& limits = {});

}  // namespace tutti
