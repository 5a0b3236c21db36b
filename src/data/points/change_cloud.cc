#include "data/points/change_cloud.h"

#include <algorithm>
#include <cmath>

namespace tutti {
namespace {

constexpr double kMostTilt = 0.13;  // of half an angle, as a sine: 15 degrees
constexpr double kMostCut = 0.3;
constexpr double kMostNoise = 0.02;
constexpr double kMostStray = 0.02;

// A unit quaternion: w, x, y, z.
using Rotation = std::array<double, 4>;

Rotation any_rotation(Rng& rng) {
  while (true) {  // evenly in the ball of four dimensions
    Rotation q{};
    double square = 0;
    for (double& value : q) {
      value = 2 * rng.uniform() - 1;
      square += value * value;
    }
    if (square > 1 || square < 0.01) continue;
    for (double& value : q) value /= std::sqrt(square);
    return q;
  }
}

SpacePoint cross(const SpacePoint& a, const SpacePoint& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

double dot(const SpacePoint& a, const SpacePoint& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

SpacePoint turned(const Rotation& q, const SpacePoint& point) {
  const SpacePoint axis = {q[1], q[2], q[3]};
  SpacePoint once = cross(axis, point);
  for (size_t k = 0; k < 3; ++k) once[k] += q[0] * point[k];
  const SpacePoint twice = cross(axis, once);
  SpacePoint result{};
  for (size_t k = 0; k < 3; ++k) result[k] = point[k] + 2 * twice[k];
  return result;
}

// Keeps the share of the points for which `key` is smallest.
template <class Key>
void keep_share(std::vector<SpacePoint>& points, double share, const Key& key) {
  const auto kept = std::max<size_t>(1, size_t(double(points.size()) * share));
  std::stable_sort(points.begin(), points.end(),
                   [&](const SpacePoint& a, const SpacePoint& b) { return key(a) < key(b); });
  points.resize(kept);
}

double reach_of(const std::vector<SpacePoint>& points) {
  double most = 0;
  for (const SpacePoint& point : points) most = std::max(most, dot(point, point));
  return std::sqrt(most);
}

}  // namespace

std::vector<SpacePoint> turn_cloud(std::vector<SpacePoint> points, CloudTurn turn, Rng& rng) {
  Rotation about_axis{}, tilt = {1, 0, 0, 0};
  if (turn == CloudTurn::any) {
    about_axis = any_rotation(rng);
  } else {
    const SpacePoint half = random_turn(rng), way = random_turn(rng);
    about_axis = {half[0], 0, 0, half[1]};
    const double sine = kMostTilt * rng.uniform();
    tilt = {std::sqrt(1 - sine * sine), sine * way[0], sine * way[1], 0};
  }
  for (SpacePoint& point : points) point = turned(tilt, turned(about_axis, point));
  return points;
}

void stretch_cloud(std::vector<SpacePoint>& points, double most, Rng& rng) {
  SpacePoint factors{};
  for (double& factor : factors) factor = 1 + most * (2 * rng.uniform() - 1);
  for (SpacePoint& point : points)
    for (size_t k = 0; k < 3; ++k) point[k] *= factors[k];
}

void wear_cloud(std::vector<SpacePoint>& points, Rng& rng) {
  const int loss = rng.below(3);
  const double share = 1 - kMostCut * rng.uniform();
  const SpacePoint way = random_direction(rng);
  const SpacePoint middle = points[size_t(rng.below(int(points.size())))];
  if (loss == 0)
    keep_share(points, share, [&](const SpacePoint& point) { return dot(point, way); });
  if (loss == 1) {
    keep_share(points, share, [&](const SpacePoint& point) {
      return -(dot(point, point) - 2 * dot(point, middle) + dot(middle, middle));
    });
  }
  const double reach = reach_of(points), noise = kMostNoise * rng.uniform() * reach;
  const double stray = kMostStray * rng.uniform();
  for (SpacePoint& point : points) {
    const bool is_stray = rng.uniform() < stray;
    for (double& value : point)
      value = is_stray ? reach * (2 * rng.uniform() - 1) : value + noise * rng.normal();
  }
}

std::vector<float> cloud_values(const std::vector<SpacePoint>& points) {
  std::vector<float> values;
  values.reserve(3 * points.size());
  for (const SpacePoint& point : points)
    for (double value : point) values.push_back(float(value));
  return values;
}

}  // namespace tutti
