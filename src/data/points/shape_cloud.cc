#include "data/points/shape_cloud.h"

#include <algorithm>

#include "data/points/change_cloud.h"

namespace tutti {
namespace {

constexpr int kDrawnPoints = 1500;
constexpr int kHeldOutPercent = 20;

struct Pair {
  Primitive top, bottom;
};

std::string name_of(const Pair& pair) {
  return std::string(primitive_name(pair.top)) + " on " + primitive_name(pair.bottom);
}

std::vector<Pair> pairs_of(Split split) {
  std::vector<Pair> pairs;
  for (int i = 0; i < kSolidCount * kSolidCount; ++i) {
    const Pair pair = {Primitive(i / kSolidCount), Primitive(i % kSolidCount)};
    if (split_union(pair.top, pair.bottom) == split) pairs.push_back(pair);
  }
  return pairs;
}

void add_points(const Body& body, double size, double lift, int count,
                std::vector<SpacePoint>& points, Rng& rng) {
  for (int i = 0; i < count; ++i) {
    SpacePoint point = random_surface_point(body, rng);
    for (double& value : point) value *= size;
    point[2] += lift;
    points.push_back(point);
  }
}

// The upper body is 0.5 to 1 times as large; each gets points by the square of its size.
std::vector<SpacePoint> stacked(const Pair& pair, Rng& rng) {
  const Body top = random_body(pair.top, rng), bottom = random_body(pair.bottom, rng);
  const double size = 0.5 + 0.5 * rng.uniform();
  const int above = int(kDrawnPoints * size * size / (1 + size * size));
  std::vector<SpacePoint> points;
  add_points(top, size, bottom.height + size * top.height, above, points, rng);
  add_points(bottom, 1, 0, kDrawnPoints - above, points, rng);
  return points;
}

}  // namespace

Split split_union(Primitive top, Primitive bottom) {
  return split_by_share("shape_unions", name_of({top, bottom}), kHeldOutPercent);
}

std::vector<std::string> shape_names(Split split) {
  std::vector<std::string> names;
  for (int i = 0; split == Split::train && i < kPrimitiveCount; ++i)
    names.emplace_back(primitive_name(Primitive(i)));
  for (const Pair& pair : pairs_of(split)) names.push_back(name_of(pair));
  return names;
}

CloudExample make_shape_cloud(Split split, Rng& rng) {
  const bool single = split == Split::train && rng.uniform() < 0.5;
  CloudExample example;
  std::vector<SpacePoint> points;
  if (single) {
    const Body body = random_body(Primitive(rng.below(kPrimitiveCount)), rng);
    add_points(body, 1, 0, kDrawnPoints, points, rng);
    example.name = primitive_name(body.primitive);
    example.caption = "a " + example.name;
  } else {
    const std::vector<Pair> pairs = pairs_of(split);
    const Pair pair = pairs[size_t(rng.below(int(pairs.size())))];
    points = stacked(pair, rng);
    example.name = name_of(pair);
    example.caption =
        "a " + std::string(primitive_name(pair.top)) + " on a " + primitive_name(pair.bottom);
  }
  points = turn_cloud(std::move(points), single ? CloudTurn::any : CloudTurn::upright, rng);
  wear_cloud(points, rng);
  // A scan has the points that it has.
  for (size_t i = 0; i + 1 < points.size(); ++i)
    std::swap(points[i], points[i + size_t(rng.below(int(points.size() - i)))]);
  const size_t fewest = 600;
  points.resize(fewest + size_t(rng.below(int(points.size() - fewest + 1))));
  example.xyz = cloud_values(points);
  return example;
}

}  // namespace tutti
