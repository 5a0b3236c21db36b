// Where the readers of all formats put what they find: points and polygons. Here is checked
// what holds for every format, and a mesh becomes points.
//
//   CloudBuilder cloud(limits);
//   TUTTI_CHECK(cloud.add_point(0, 0, 1.5));
//   cloud.begin_polygon();
//   for (uint64_t corner : {0, 1, 2}) TUTTI_CHECK(cloud.add_corner(corner));
//   return cloud.finish();
//
// Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "format/points/point_cloud.h"

namespace tutti {

class CloudBuilder {
 public:
  explicit CloudBuilder(const PointLimits& limits) : limits_(limits) {}

  size_t points() const { return places_.size() / 3; }

  // bad_input where a coordinate is no number or beyond kLargestCoordinate, or where there are too
  // many points. The message names the point, counted from 1.
  Status add_point(double x, double y, double z);

  // Polygons are cut into fans of triangles around their first corner. Corners are points counted
  // from 0, which may be added later; fewer than three of them enclose nothing and are left out.
  void begin_polygon();
  Status add_corner(uint64_t point);

  // The points, the same bits in whatever order they were added; or, where there are polygons that
  // enclose an area, kSurfacePoints on them, the same for the same polygons. bad_input where there
  // is no point, where all of them are in one place, or where a polygon names one that is not
  // there.
  Result<PointCloud> finish();

 private:
  Status check(const PointCloud& cloud) const;
  PointCloud moved() const;

  PointLimits limits_;
  std::vector<double> places_;  // x, y, z of each point, as in the file
  std::vector<std::array<uint32_t, 3>> triangles_;
  size_t polygons_ = 0, corners_ = 0;  // corners of the last polygon
  uint32_t first_ = 0, last_ = 0;
  uint64_t most_named_ = 0;    // the highest point that a polygon names, counted from 1
  size_t naming_polygon_ = 0;  // which one, counted from 1
};

}  // namespace tutti
