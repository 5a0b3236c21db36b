// Clouds and meshes from files and uploads: PLY, OBJ, OFF and PCD.
//
//   TUTTI_ASSIGN(const PointCloud cloud, load_points("chair.ply"));
//
// Errors are bad_input: what was got, what was wanted, what to do. No other file is opened and no
// address reached, whatever the content names. The functions may be called from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "format/points/point_cloud.h"

namespace tutti {

enum class PointFormat { ply, obj, off, pcd };

// What the content says it is; OBJ, which has no mark of its own, by the ending of `name` or by its
// first words. Nothing where it is none of them.
std::optional<PointFormat> point_format(std::string_view file, std::string_view name);

// `name` is what messages call the file, and may be empty.
Result<PointCloud> read_points(std::string_view file, std::string_view name,
                               const PointLimits& limits = {});

Result<PointCloud> load_points(const std::string& path, const PointLimits& limits = {});

}  // namespace tutti
