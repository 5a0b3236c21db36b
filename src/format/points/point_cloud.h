// A cloud of points as read from a file, and how large a file may be.
#pragma once

#include <cstddef>
#include <vector>

namespace tutti {

// At least two different points; every value is finite.
struct PointCloud {
  // Of each point, less the file's least x, y and z: a float cannot tell metres apart on the
  // coordinates of a map, and no order of the points moves it. A cloud that no float could hold
  // otherwise is scaled up by a power of two.
  std::vector<float> xyz;

  size_t points() const { return xyz.size() / 3; }
};

// What is read at most, so that a hostile file cannot fill the memory. Nothing is reserved because
// a file says how much it holds: memory follows the bytes that are there.
struct PointLimits {
  size_t most_bytes = size_t(1) << 28;
  size_t most_points = size_t(1) << 21;
  size_t most_triangles = size_t(1) << 22;
};

// Coordinates reach from -kLargestCoordinate to this, so that their squares are numbers: the float
// next to 1e30, which is a little more.
inline constexpr double kLargestCoordinate = 1e30f;
// A mesh becomes this many points, spread over its surface by area.
inline constexpr int kSurfacePoints = 4096;

}  // namespace tutti
