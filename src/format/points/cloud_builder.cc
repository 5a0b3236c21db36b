#include "format/points/cloud_builder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "format/points/surface.h"

namespace tutti {
namespace {

// A smaller cloud is scaled up: a float holds its points in fewer digits, or as zeros.
constexpr double kSmallestCloud = 1e-30;

// In as many digits as tell it from the limit.
std::string text_of(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

}  // namespace

Status CloudBuilder::add_point(double x, double y, double z) {
  const double place[3] = {x, y, z};
  if (points() >= limits_.most_points) {
    return bad_input("there are more than " + std::to_string(limits_.most_points) +
                     " points, the most that are read; thin the cloud out first");
  }
  for (double value : place) {
    if (std::abs(value) <= kLargestCoordinate) continue;
    return bad_input("point " + std::to_string(points() + 1) + " has the coordinate " +
                     text_of(value) + "; finite numbers up to 1e30 are read, so " +
                     "leave this point out or scale the cloud");
  }
  for (double value : place) places_.push_back(value + 0.0);  // a zero has one sign
  return {};
}

void CloudBuilder::begin_polygon() {
  ++polygons_;
  corners_ = 0;
}

Status CloudBuilder::add_corner(uint64_t point) {
  if (point >= limits_.most_points) {
    return bad_input("polygon " + std::to_string(polygons_) + " has a corner at point " +
                     std::to_string(point) + " (counted from 0), but no more than " +
                     std::to_string(limits_.most_points) +
                     " points are read; export the mesh again");
  }
  if (point + 1 > most_named_) {
    most_named_ = point + 1;
    naming_polygon_ = polygons_;
  }
  if (++corners_ == 1) {
    first_ = uint32_t(point);
  } else if (corners_ > 2) {
    if (triangles_.size() >= limits_.most_triangles) {
      return bad_input("the polygons have more than " + std::to_string(limits_.most_triangles) +
                       " triangles, the most that are read; simplify the mesh first");
    }
    triangles_.push_back({first_, last_, uint32_t(point)});
  }
  last_ = uint32_t(point);
  return {};
}

Status CloudBuilder::check(const PointCloud& cloud) const {
  if (points() == 0) return bad_input("there are no points; export the cloud or mesh again");
  if (most_named_ > points()) {
    return bad_input("polygon " + std::to_string(naming_polygon_) +
                     " has a corner at point number " + std::to_string(most_named_) +
                     ", but there are " + std::to_string(points()) +
                     " points; the file is cut short or damaged, so export it again");
  }
  const auto moved = [](float value) { return value != 0; };  // from the origin
  if (std::none_of(cloud.xyz.begin(), cloud.xyz.end(), moved)) {
    return bad_input("all points (" + std::to_string(points()) +
                     ") are in one place, where there is no shape to see; send a cloud of at least "
                     "two different points");
  }
  return {};
}

PointCloud CloudBuilder::moved() const {
  std::array<double, 3> least = {INFINITY, INFINITY, INFINITY};
  double most = 0;
  for (size_t i = 0; i < places_.size(); ++i) least[i % 3] = std::min(least[i % 3], places_[i]);
  for (size_t i = 0; i < places_.size(); ++i) most = std::max(most, places_[i] - least[i % 3]);
  const int up = most > 0 && most < kSmallestCloud ? -std::ilogb(most) : 0;
  PointCloud cloud;
  cloud.xyz.reserve(places_.size());
  for (size_t i = 0; i < places_.size(); ++i)
    cloud.xyz.push_back(float(std::scalbn(places_[i] - least[i % 3], up)));
  return cloud;
}

Result<PointCloud> CloudBuilder::finish() {
  PointCloud cloud = moved();
  TUTTI_CHECK(check(cloud));
  return sample_surface(std::move(cloud), triangles_, kSurfacePoints);
}

}  // namespace tutti
