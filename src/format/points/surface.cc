#include "format/points/surface.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/rng.h"

namespace tutti {
namespace {

constexpr uint64_t kSeed = 20240607;

using Corner = std::array<double, 3>;

Corner corner_of(const PointCloud& mesh, uint32_t point) {
  const float* at = mesh.xyz.data() + size_t(3) * point;
  return {at[0], at[1], at[2]};
}

// In doubles, where squares of kLargestCoordinate squared are numbers.
double double_area(const PointCloud& mesh, const Triangle& triangle) {
  const Corner a = corner_of(mesh, triangle[0]), b = corner_of(mesh, triangle[1]),
               c = corner_of(mesh, triangle[2]);
  double square = 0;
  for (size_t k = 0; k < 3; ++k) {
    const size_t i = (k + 1) % 3, j = (k + 2) % 3;
    const double part = (b[i] - a[i]) * (c[j] - a[j]) - (b[j] - a[j]) * (c[i] - a[i]);
    square += part * part;
  }
  return std::sqrt(square);
}

void add_point_on(const PointCloud& mesh, const Triangle& triangle, Rng& rng, PointCloud& cloud) {
  double u = rng.uniform(), v = rng.uniform();
  if (u + v > 1) {
    u = 1 - u;
    v = 1 - v;
  }
  const double shares[3] = {1 - u - v, u, v};
  for (size_t k = 0; k < 3; ++k) {
    double value = 0;
    for (size_t corner = 0; corner < 3; ++corner)
      value += shares[corner] * mesh.xyz[size_t(3) * triangle[corner] + k];
    cloud.xyz.push_back(float(value));
  }
}

}  // namespace

PointCloud sample_surface(PointCloud mesh, std::span<const Triangle> triangles, int count) {
  std::vector<double> ends;  // of each triangle's piece of the whole area
  ends.reserve(triangles.size());
  double area = 0;
  for (const Triangle& triangle : triangles) ends.push_back(area += double_area(mesh, triangle));
  if (!(area > 0)) return mesh;
  PointCloud cloud;
  Rng rng(kSeed);
  for (int i = 0; i < count; ++i) {
    // One in each of `count` equal pieces: as even as single draws, and with fewer gaps.
    const double at = area * (i + rng.uniform()) / count;
    const auto found = std::upper_bound(ends.begin(), ends.end(), at);
    const size_t place = std::min(size_t(found - ends.begin()), ends.size() - 1);
    add_point_on(mesh, triangles[place], rng, cloud);
  }
  return cloud;
}

}  // namespace tutti
