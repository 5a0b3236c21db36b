#include "format/points/ply.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "base/joined.h"
#include "base/quote.h"
#include "format/points/cloud_builder.h"
#include "format/points/ply_header.h"
#include "format/points/ply_values.h"

namespace tutti {
namespace {

// What a property is for.
enum class Role { x, y, z, corners, other };

Role role_of(const PlyElement& element, const PlyProperty& property) {
  const std::string& name = property.name;
  if (element.name == "face")
    return property.count_type && (name == "vertex_indices" || name == "vertex_index")
               ? Role::corners
               : Role::other;
  const bool is_place = element.name == "vertex" && !property.count_type && name.size() == 1 &&
                        name[0] >= 'x' && name[0] <= 'z';
  return is_place ? Role(name[0] - 'x') : Role::other;
}

class PlyReader {
 public:
  PlyReader(const PlyHeader& header, std::string_view file, const PointLimits& limits)
      : header_(header),
        values_(file, header.body, header.encoding),
        limits_(limits),
        cloud_(limits) {}

  Result<PointCloud> read() {
    for (const PlyElement& element : header_.elements) {
      TUTTI_CHECK(check(element));
      std::vector<Role> roles;
      for (const PlyProperty& property : element.properties)
        roles.push_back(role_of(element, property));
      if (element.name == "vertex") TUTTI_CHECK(check_places(element, roles));
      const uint64_t count = element.properties.empty() ? 0 : element.count;
      for (uint64_t i = 0; i < count; ++i) {
        Status status = read_one(element, roles);
        if (status) status = values_.end_element();
        if (status) continue;
        return status.error().with_context(quote(element.name, 40) + " " + std::to_string(i + 1) +
                                           " of " + std::to_string(count));
      }
    }
    TUTTI_CHECK(values_.end());
    return cloud_.finish();
  }

 private:
  Status check(const PlyElement& element) const {
    if (element.name == "vertex" && element.count > limits_.most_points) {
      return bad_input("the file has " + std::to_string(element.count) + " points, and at most " +
                       std::to_string(limits_.most_points) + " are read; thin the cloud out first");
    }
    if (values_.could_hold(element)) return {};
    return bad_input("the header promises " + std::to_string(element.count) + " of " +
                     quote(element.name, 40) + ", but only " +
                     std::to_string(values_.bytes_left()) +
                     " bytes are left for them; the file is cut short, so copy or export it again");
  }

  static Status check_places(const PlyElement& element, const std::vector<Role>& roles) {
    for (Role role : {Role::x, Role::y, Role::z}) {
      if (std::count(roles.begin(), roles.end(), role) == 1) continue;
      const std::string name(1, char('x' + int(role)));
      const auto named = [&](const PlyProperty& property) { return property.name == name; };
      if (std::any_of(element.properties.begin(), element.properties.end(), named))
        return bad_input("\"vertex\" has lists of " + name +
                         ", and a place has one number of each; export the file again");
      return bad_input("\"vertex\" needs the properties x, y and z, and has " +
                       quote(joined(element.properties, &PlyProperty::name), 200) +
                       "; export the file again");
    }
    return {};
  }

  // One vertex, one face, or one of anything else.
  Status read_one(const PlyElement& element, const std::vector<Role>& roles) {
    std::array<double, 3> place{};
    for (size_t i = 0; i < roles.size(); ++i) {
      const PlyProperty& property = element.properties[i];
      if (property.count_type) {
        TUTTI_CHECK(read_list(property, roles[i]));
        continue;
      }
      const std::optional<double> value = values_.next(property.type);
      if (!value) return values_.problem();
      if (roles[i] <= Role::z) place[size_t(roles[i])] = *value;
    }
    if (element.name != "vertex") return {};
    return cloud_.add_point(place[0], place[1], place[2]);
  }

  Status read_list(const PlyProperty& property, Role role) {
    const std::optional<double> said = values_.next(*property.count_type);
    if (!said) return values_.problem();
    const std::optional<double> count = whole(said);
    if (!count) return bad_list(property);
    if (role == Role::corners) cloud_.begin_polygon();
    for (double i = 0; i < *count; ++i) {
      const std::optional<double> value = values_.next(property.type);
      if (!value) return values_.problem();
      if (role != Role::corners) continue;
      if (!whole(value)) return bad_list(property);
      TUTTI_CHECK(cloud_.add_corner(uint64_t(*value)));
    }
    return {};
  }

  // Whole numbers from 0, as far as doubles tell them apart.
  static std::optional<double> whole(std::optional<double> value) {
    const bool is_whole = value && *value >= 0 && *value < 0x1p53 && std::floor(*value) == *value;
    return is_whole ? value : std::nullopt;
  }

  Error bad_list(const PlyProperty& property) const {
    return bad_input("the list " + quote(property.name, 40) +
                     " has a number that is negative or no whole number; export the file again");
  }

  const PlyHeader& header_;
  PlyValues values_;
  PointLimits limits_;
  CloudBuilder cloud_;
};

}  // namespace

Result<PointCloud> read_ply(std::string_view file, const PointLimits& limits) {
  TUTTI_ASSIGN(const PlyHeader header, parse_ply_header(file));
  return PlyReader(header, file, limits).read();
}

}  // namespace tutti
