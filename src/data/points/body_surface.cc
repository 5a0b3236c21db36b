#include "data/points/body_surface.h"

#include <algorithm>
#include <cmath>

namespace tutti {
namespace {

double between(double low, double high, Rng& rng) {
  return low + (high - low) * rng.uniform();
}

// Evenly in the unit disc.
SpacePoint in_disc(Rng& rng) {
  while (true) {
    SpacePoint point{};
    point[0] = between(-1, 1, rng);
    point[1] = between(-1, 1, rng);
    if (point[0] * point[0] + point[1] * point[1] < 1) return point;
  }
}

double length(double x, double y) {
  return std::sqrt(x * x + y * y);
}

SpacePoint on_box(const Body& body, Rng& rng) {
  const double half[3] = {body.width, body.depth, body.height};
  const double areas[3] = {half[1] * half[2], half[0] * half[2], half[0] * half[1]};
  double at = rng.uniform() * (areas[0] + areas[1] + areas[2]);
  size_t axis = 0;
  while (axis < 2 && at >= areas[axis]) at -= areas[axis++];
  SpacePoint point{};
  for (size_t k = 0; k < 3; ++k) point[k] = between(-half[k], half[k], rng);
  point[axis] = rng.uniform() < 0.5 ? -half[axis] : half[axis];
  return point;
}

// Round, with a radius at the bottom and another at the top; caps where `closed`.
SpacePoint on_frustum(const Body& body, double bottom, double top, bool closed, Rng& rng) {
  const double side = (bottom + top) * length(2 * body.height, bottom - top);
  const double caps = closed ? bottom * bottom + top * top : 0;
  const double at = rng.uniform() * (side + caps);
  if (at < side) {
    // Even by area: the chance of a height is that of its circumference.
    double share = rng.uniform();
    while (rng.uniform() * std::max(bottom, top) > bottom + (top - bottom) * share)
      share = rng.uniform();
    const double radius = bottom + (top - bottom) * share;
    const SpacePoint turn = random_turn(rng);
    return {radius * turn[0], radius * turn[1], body.height * (2 * share - 1)};
  }
  const bool is_top = at - side < top * top;
  const SpacePoint place = in_disc(rng);
  const double radius = is_top ? top : bottom;
  return {radius * place[0], radius * place[1], is_top ? body.height : -body.height};
}

SpacePoint on_torus(const Body& body, Rng& rng) {
  const double tube = body.height, ring = body.width - tube;
  while (true) {  // the outer half has more area than the inner one
    const SpacePoint turn = random_turn(rng), around = random_turn(rng);
    const double radius = ring + tube * around[0];
    if (rng.uniform() * body.width > radius) continue;
    return {radius * turn[0], radius * turn[1], tube * around[1]};
  }
}

// Evenly on a triangle.
SpacePoint on_triangle(const SpacePoint& a, const SpacePoint& b, const SpacePoint& c, Rng& rng) {
  double u = rng.uniform(), v = rng.uniform();
  if (u + v > 1) {
    u = 1 - u;
    v = 1 - v;
  }
  SpacePoint point{};
  for (size_t k = 0; k < 3; ++k) point[k] = a[k] + u * (b[k] - a[k]) + v * (c[k] - a[k]);
  return point;
}

SpacePoint on_pyramid(const Body& body, Rng& rng) {
  const double w = body.width, d = body.depth, h = body.height;
  const double base = 4 * w * d;
  const double front = w * length(2 * h, d), side = d * length(2 * h, w);  // one of two each
  const double at = rng.uniform() * (base + 2 * front + 2 * side);
  if (at < base) return {between(-w, w, rng), between(-d, d, rng), -h};
  const double way = rng.uniform() < 0.5 ? -1 : 1;
  const SpacePoint tip = {0, 0, h};
  if (at < base + 2 * front) return on_triangle(tip, {-w, way * d, -h}, {w, way * d, -h}, rng);
  return on_triangle(tip, {way * w, -d, -h}, {way * w, d, -h}, rng);
}

// The triangle lies in the plane of width and height, as a roof's.
SpacePoint on_prism(const Body& body, Rng& rng) {
  const double w = body.width, d = body.depth, h = body.height;
  const double end = 2 * w * h, floor = 4 * w * d, slope = 2 * d * length(w, 2 * h);
  const double at = rng.uniform() * (2 * end + floor + 2 * slope);
  const double way = rng.uniform() < 0.5 ? -1 : 1;
  if (at < 2 * end) return on_triangle({0, way * d, h}, {-w, way * d, -h}, {w, way * d, -h}, rng);
  if (at < 2 * end + floor) return {between(-w, w, rng), between(-d, d, rng), -h};
  const double share = rng.uniform();
  return {way * w * (1 - share), between(-d, d, rng), h * (2 * share - 1)};
}

SpacePoint on_capsule(const Body& body, Rng& rng) {
  const double radius = body.width, straight = body.height - radius;
  if (rng.uniform() * (straight + radius) < straight) {
    const SpacePoint turn = random_turn(rng);
    return {radius * turn[0], radius * turn[1], between(-straight, straight, rng)};
  }
  const SpacePoint way = random_direction(rng);
  const double lift = way[2] < 0 ? -straight : straight;
  return {radius * way[0], radius * way[1], lift + radius * way[2]};
}

SpacePoint on_hemisphere(const Body& body, Rng& rng) {
  if (rng.uniform() < 1.0 / 3) {
    const SpacePoint place = in_disc(rng);
    return {body.width * place[0], body.width * place[1], -body.height};
  }
  const SpacePoint way = random_direction(rng);
  return {body.width * way[0], body.width * way[1], body.height * (2 * std::abs(way[2]) - 1)};
}

}  // namespace

SpacePoint random_turn(Rng& rng) {
  while (true) {
    const SpacePoint point = in_disc(rng);
    const double radius = length(point[0], point[1]);
    if (radius > 0.1) return {point[0] / radius, point[1] / radius, 0};
  }
}

SpacePoint random_direction(Rng& rng) {
  const double z = between(-1, 1, rng);  // Archimedes: even in height
  const double radius = std::sqrt(std::max(0.0, 1 - z * z));
  const SpacePoint turn = random_turn(rng);
  return {radius * turn[0], radius * turn[1], z};
}

SpacePoint random_surface_point(const Body& body, Rng& rng) {
  switch (body.primitive) {
    case Primitive::sphere: {
      const SpacePoint way = random_direction(rng);
      return {body.width * way[0], body.depth * way[1], body.height * way[2]};
    }
    case Primitive::cylinder:
      return on_frustum(body, body.width, body.width, true, rng);
    case Primitive::cone:
      return on_frustum(body, body.width, 0, true, rng);
    case Primitive::torus:
      return on_torus(body, rng);
    case Primitive::pyramid:
      return on_pyramid(body, rng);
    case Primitive::plane:
      return {between(-1, 1, rng), between(-body.depth, body.depth, rng), 0};
    case Primitive::capsule:
      return on_capsule(body, rng);
    case Primitive::hemisphere:
      return on_hemisphere(body, rng);
    case Primitive::tube:
      return on_frustum(body, body.width, body.width, false, rng);
    case Primitive::prism:
      return on_prism(body, rng);
    case Primitive::disc:
      return in_disc(rng);
    case Primitive::box:
      break;
  }
  return on_box(body, rng);
}

}  // namespace tutti
