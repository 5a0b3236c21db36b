#include "format/points/pcd/pcd_columns.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/joined.h"
#include "base/quote.h"

namespace tutti {

Result<PcdColumns> find_pcd_columns(const PcdHeader& header) {
  PcdColumns columns{};
  for (size_t k = 0; k < columns.size(); ++k) {
    const std::string name(1, char('x' + k));
    for (const PcdField& field : header.fields) {
      if (field.name != name) continue;
      if (columns[k]) return bad_input("FIELDS has " + name + " twice; export the file again");
      if (field.count == 0)
        return bad_input("COUNT gives " + name + " no value; export the file again");
      columns[k] = &field;
    }
    if (!columns[k])
      return bad_input("a cloud needs the fields x, y and z, and the file has " +
                       quote(joined(header.fields, &PcdField::name), 200) + "; export it again");
  }
  return columns;
}

Status add_measured(const std::array<double, 3>& place, CloudBuilder& cloud) {
  const auto missing = [](double value) { return std::isnan(value); };
  if (std::all_of(place.begin(), place.end(), missing)) return {};
  return cloud.add_point(place[0], place[1], place[2]);
}

}  // namespace tutti
