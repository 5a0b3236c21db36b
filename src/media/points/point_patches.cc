#include "media/points/point_patches.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/rng.h"

namespace tutti {
namespace {

using Point = std::array<float, 3>;

// In an order that depends on the points alone. A zero has one sign, or equal sets would differ.
std::vector<Point> sorted_points(std::span<const float> xyz) {
  std::vector<Point> points(xyz.size() / 3);
  for (size_t i = 0; i < points.size(); ++i)
    for (size_t k = 0; k < 3; ++k) points[i][k] = xyz[3 * i + k] + 0.0f;
  std::sort(points.begin(), points.end());
  return points;
}

// In doubles: squares of 1e30 are no float.
void fit_sphere(std::vector<Point>& points) {
  std::array<double, 3> centre{};
  for (const Point& point : points)
    for (size_t k = 0; k < 3; ++k) centre[k] += point[k];
  for (double& value : centre) value /= double(points.size());
  double most = 0;
  for (const Point& point : points) {
    double square = 0;
    for (size_t k = 0; k < 3; ++k) square += (point[k] - centre[k]) * (point[k] - centre[k]);
    most = std::max(most, square);
  }
  // Rounding of the mean moves a heap of equal points off their own centre.
  const bool in_one_place = points.front() == points.back();
  const double radius = in_one_place ? 1 : std::sqrt(most);
  for (Point& point : points)
    for (size_t k = 0; k < 3; ++k)
      point[k] = in_one_place ? 0 : float((point[k] - centre[k]) / radius);
}

// `count` different places of `points`, in their order.
std::vector<size_t> drawn_places(size_t points, size_t count, uint64_t seed) {
  std::vector<size_t> places(points);
  std::iota(places.begin(), places.end(), size_t(0));
  Rng rng(seed);
  for (size_t i = 0; i < count; ++i)
    std::swap(places[i], places[i + size_t(rng.below(int(points - i)))]);
  places.resize(count);
  std::sort(places.begin(), places.end());
  return places;
}

float square_distance(const Point& a, const Point& b) {
  float sum = 0;
  for (size_t k = 0; k < 3; ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum;
}

// Farthest-point sampling (Eldar et al. 1997); among equally far ones the first.
std::vector<Point> spread_centres(const std::vector<Point>& points) {
  std::vector<float> nearest(points.size(), INFINITY);
  std::vector<Point> centres;
  std::vector<float> from_origin;
  for (const Point& point : points) from_origin.push_back(square_distance(point, {}));
  const auto first = std::max_element(from_origin.begin(), from_origin.end());
  Point centre = points[size_t(first - from_origin.begin())];
  while (true) {
    centres.push_back(centre);
    if (centres.size() == kPatches) return centres;
    for (size_t i = 0; i < points.size(); ++i)
      nearest[i] = std::min(nearest[i], square_distance(points[i], centre));
    const auto next = std::max_element(nearest.begin(), nearest.end());
    centre = points[size_t(next - nearest.begin())];
  }
}

// Interleaved bits of the place within [-reach, reach] in each direction, 10 bits each. Zero, where
// a patch has its centre, always falls into the same cell.
uint32_t morton_code(const Point& point, float reach) {
  uint32_t code = 0;
  for (size_t k = 0; k < 3; ++k) {
    const float step = std::floor(point[k] * (512 / reach)) + 512;
    const auto cell = uint32_t(std::clamp(step, 0.0f, 1023.0f));
    for (uint32_t bit = 0; bit < 10; ++bit) code |= (cell >> bit & 1) << (3 * bit + 2 - k);
  }
  return code;
}

void sort_by_morton(std::vector<Point>& points, float reach) {
  const auto key = [reach](const Point& point) {
    return std::pair(morton_code(point, reach), point);
  };
  std::sort(points.begin(), points.end(),
            [&](const Point& a, const Point& b) { return key(a) < key(b); });
}

// The kPatchPoints points nearest to a centre, less the centre.
std::vector<Point> patch_around(const std::vector<Point>& points, const Point& centre) {
  std::vector<std::pair<float, size_t>> order(points.size());
  for (size_t i = 0; i < points.size(); ++i) order[i] = {square_distance(points[i], centre), i};
  std::nth_element(order.begin(), order.begin() + (kPatchPoints - 1), order.end());
  float reach = 1e-6f;  // of a heap of equal points
  std::vector<Point> patch;
  for (size_t i = 0; i < kPatchPoints; ++i) {
    Point point = points[order[i].second];
    for (size_t k = 0; k < 3; ++k) {
      point[k] -= centre[k];
      reach = std::max(reach, std::abs(point[k]));
    }
    patch.push_back(point);
  }
  sort_by_morton(patch, reach);
  return patch;
}

void append(const std::vector<Point>& points, std::vector<float>& values) {
  for (const Point& point : points) values.insert(values.end(), point.begin(), point.end());
}

}  // namespace

std::vector<float> fit_cloud(std::span<const float> xyz, uint64_t seed) {
  assert(!xyz.empty() && xyz.size() % 3 == 0);
  std::vector<Point> points = sorted_points(xyz);
  fit_sphere(points);
  std::vector<float> cloud;
  cloud.reserve(size_t(3) * kCloudPoints);
  for (size_t whole = kCloudPoints / points.size(); whole > 0; --whole) append(points, cloud);
  for (size_t place : drawn_places(points.size(), kCloudPoints % points.size(), seed))
    cloud.insert(cloud.end(), points[place].begin(), points[place].end());
  return cloud;
}

std::vector<float> rows_with_centres(const PointPatches& patches) {
  std::vector<float> values;
  values.reserve(size_t(kPatches) * (kPatchValues + 3));
  for (long patch = 0; patch < kPatches; ++patch) {
    const auto row = patches.rows.begin() + patch * kPatchValues;
    const auto centre = patches.centres.begin() + patch * 3;
    values.insert(values.end(), row, row + kPatchValues);
    values.insert(values.end(), centre, centre + 3);
  }
  return values;
}

PointPatches point_patches(std::span<const float> cloud) {
  assert(cloud.size() == size_t(3) * kCloudPoints);
  const std::vector<Point> points = sorted_points(cloud);
  std::vector<Point> centres = spread_centres(points);
  sort_by_morton(centres, 1);
  PointPatches patches;
  append(centres, patches.centres);
  for (const Point& centre : centres) append(patch_around(points, centre), patches.rows);
  return patches;
}

}  // namespace tutti
