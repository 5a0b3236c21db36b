#include "data/points/body_surface.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace tutti {
namespace {

// How far from the surface a point is that should be on it, for the bodies whose surface an
// equation gives.
double off_surface(const Body& body, const SpacePoint& p) {
  const double w = body.width, d = body.depth, h = body.height;
  const double round = std::hypot(p[0], p[1]);
  switch (body.primitive) {
    case Primitive::sphere:
      return std::hypot(p[0] / w, p[1] / d, p[2] / h) - 1;
    case Primitive::torus:
      return std::hypot(round - (w - h), p[2]) - h;
    case Primitive::tube:
      return round - w;
    case Primitive::plane:
    case Primitive::disc:
      return p[2];
    case Primitive::cylinder:
      return std::min(std::abs(round - w), h - std::abs(p[2]));
    case Primitive::cone:
      return std::min(std::abs(round - w * (h - p[2]) / (2 * h)), p[2] + h);
    case Primitive::capsule:
      return std::hypot(round, std::max(0.0, std::abs(p[2]) - (h - w))) - w;
    case Primitive::hemisphere:
      return std::min(std::abs(std::hypot(round, p[2] + h) - w), p[2] + h);
    case Primitive::pyramid: {
      const double part = (h - p[2]) / (2 * h);
      return std::min(
          {std::abs(std::abs(p[0]) - w * part), std::abs(std::abs(p[1]) - d * part), p[2] + h});
    }
    case Primitive::prism:
      return std::min(
          {std::abs(std::abs(p[0]) - w * (h - p[2]) / (2 * h)), d - std::abs(p[1]), p[2] + h});
    case Primitive::box:
      break;
  }
  return std::min({w - std::abs(p[0]), d - std::abs(p[1]), h - std::abs(p[2])});
}

TEST(BodySurface, PointsLieOnTheSurfaceAndReachItsEnds) {
  for (int i = 0; i < kPrimitiveCount; ++i) {
    Rng rng(uint64_t(i) + 1);
    const Body body = random_body(Primitive(i), rng);
    double low = INFINITY, high = -INFINITY;
    for (int n = 0; n < 2000; ++n) {
      const SpacePoint point = random_surface_point(body, rng);
      ASSERT_NEAR(off_surface(body, point), 0, 1e-9) << primitive_name(Primitive(i));
      low = std::min(low, point[2]);
      high = std::max(high, point[2]);
    }
    EXPECT_NEAR(low, -body.height, 0.1) << primitive_name(Primitive(i));
    EXPECT_NEAR(high, body.height, 0.1) << primitive_name(Primitive(i));
    EXPECT_GE(low, -body.height - 1e-9);
    EXPECT_LE(high, body.height + 1e-9);
  }
}

// Shares of the area that lie below the middle, from the formulas of the surfaces; 20,000 points,
// four standard deviations of a binomial.
TEST(BodySurface, PointsAreEvenByArea) {
  constexpr int kPoints = 20'000;
  const double slant = std::sqrt(5.0);  // of a cone of radius 1 and height 2
  const std::pair<Body, double> cases[] = {
      {{Primitive::cone, 1, 1, 1}, (slant * 0.75 + 1) / (slant + 1)},
      {{Primitive::hemisphere, 1, 1, 0.5}, (0.5 * 2 + 1) / 3},
      {{Primitive::pyramid, 1, 1, 1}, (4 * slant * 0.75 + 4) / (4 * slant + 4)},
      {{Primitive::prism, 1, 1, 1}, (2 * 2 * 0.75 + 4 + 2 * 2 * slant / 2) / (4 + 4 + 4 * slant)},
      {{Primitive::torus, 1, 1, 0.3}, 0.5},
      {{Primitive::box, 1, 1, 1}, 0.5}};
  for (const auto& [body, share] : cases) {
    Rng rng(3);
    int below = 0;
    for (int i = 0; i < kPoints; ++i) below += random_surface_point(body, rng)[2] < 0;
    EXPECT_NEAR(below, share * kPoints, 4 * std::sqrt(share * (1 - share) * kPoints))
        << primitive_name(body.primitive);
  }
  // The outer half of a torus has more area: pi + 2 r / R of 2 pi, with r 0.3 and R 0.7.
  Rng rng(4);
  const Body torus = {Primitive::torus, 1, 1, 0.3};
  const double outer = 0.5 + 0.3 / 0.7 / M_PI;
  int outside = 0;
  for (int i = 0; i < kPoints; ++i) {
    const SpacePoint point = random_surface_point(torus, rng);
    outside += std::hypot(point[0], point[1]) > 0.7;
  }
  EXPECT_NEAR(outside, outer * kPoints, 4 * std::sqrt(outer * (1 - outer) * kPoints));
}

TEST(BodySurface, DirectionsHaveLengthOneAndNoPreference) {
  Rng rng(5);
  SpacePoint sum{};
  for (int i = 0; i < 20'000; ++i) {
    const SpacePoint way = random_direction(rng), turn = random_turn(rng);
    ASSERT_NEAR(std::hypot(way[0], way[1], way[2]), 1, 1e-12);
    ASSERT_NEAR(std::hypot(turn[0], turn[1]), 1, 1e-12);
    for (size_t k = 0; k < 3; ++k) sum[k] += way[k];
  }
  for (double value : sum) EXPECT_LT(std::abs(value), 4 * std::sqrt(20'000 / 3.0));
}

}  // namespace
}  // namespace tutti
