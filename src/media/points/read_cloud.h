// The bytes of a PLY, OBJ, OFF or PCD file as the rows that the model reads.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/media_types.h"
#include "format/points/read_points.h"
#include "media/points/cloud_rows.h"

namespace tutti {

// bad_input where read_points() says so; `name` may be empty. Always the same rows of a file.
Result<Rows> read_cloud(std::span<const uint8_t> file, std::string_view name,
                        const PointLimits& limits = {}, UpAxis up = UpAxis::z);
Result<Rows> load_cloud(const std::string& path, UpAxis up = UpAxis::z);
// Of points that were read, or built as a reader does (format/points/cloud_builder.h).
Rows cloud_rows(const PointCloud& cloud);

}  // namespace tutti
