#include "format/points/pcd/pcd_columns.h"

#include <algorithm>
#include <cmath>

#include "base/joined.h"

namespace tutti {

Result<PcdColumns> find_pcd_columns(const PcdHeader& header) {
  PcdColumns columns;
  for (const PcdField& field : header.fields) {
    if (field.count == 0) continue;
    if (field.name == "x") columns.places[0] = &field;
    if (field.name == "y") columns.places[1] = &field;
    if (field.name == "z") columns.places[2] = &field;
    if ((field.name == "rgb" || field.name == "rgba") && field.bytes == 4) columns.colour = &field;
  }
  for (const PcdField* place : columns.places)
    if (!place)
      return bad_input("a cloud needs the fields x, y and z, and the file has " +
                       joined(header.fields, &PcdField::name) + "; export it again");
  return columns;
}

Status add_measured(const std::array<double, 3>& place, std::optional<uint32_t> colour,
                    CloudBuilder& cloud) {
  const auto missing = [](double value) { return std::isnan(value); };
  if (std::all_of(place.begin(), place.end(), missing)) return {};
  TUTTI_CHECK(cloud.add_point(place[0], place[1], place[2]));
  if (colour) cloud.add_colour(uint8_t(*colour >> 16), uint8_t(*colour >> 8), uint8_t(*colour));
  return {};
}

}  // namespace tutti
