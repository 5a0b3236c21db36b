#include "data/points/change_cloud.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace tutti {
namespace {

std::vector<SpacePoint> tall_box(int points) {
  Rng rng(1);
  std::vector<SpacePoint> box;
  for (int i = 0; i < points; ++i)
    box.push_back(random_surface_point({Primitive::box, 0.2, 0.2, 1}, rng));
  return box;
}

double distance(const SpacePoint& a, const SpacePoint& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

// Triple product of three points: a mirror image would have the other sign.
double volume(const std::vector<SpacePoint>& p) {
  return p[0][0] * (p[1][1] * p[2][2] - p[1][2] * p[2][1]) -
         p[0][1] * (p[1][0] * p[2][2] - p[1][2] * p[2][0]) +
         p[0][2] * (p[1][0] * p[2][1] - p[1][1] * p[2][0]);
}

TEST(ChangeCloud, TurnsKeepDistancesAndHandedness) {
  const std::vector<SpacePoint> before = {{1, 0, 0}, {0, 2, 0}, {0, 0, 3}};
  for (CloudTurn turn : {CloudTurn::upright, CloudTurn::any})
    for (uint64_t seed = 0; seed < 50; ++seed) {
      Rng rng(seed);
      const std::vector<SpacePoint> after = turn_cloud(before, turn, rng);
      EXPECT_NEAR(volume(after), 6, 1e-9);
      EXPECT_NEAR(distance(after[0], after[2]), std::sqrt(10.0), 1e-9);
      const double upright = std::cos(15.1 * M_PI / 180);
      EXPECT_GT(after[2][2], turn == CloudTurn::upright ? 3 * upright : -3.01);
    }
}

TEST(ChangeCloud, AnyTurnReachesEveryWay) {
  Rng rng(2);
  int up = 0, front = 0;
  for (int i = 0; i < 2000; ++i) {
    const SpacePoint axis = turn_cloud({{0, 0, 1}}, CloudTurn::any, rng)[0];
    up += axis[2] > 0.5;  // a quarter of the sphere
    front += axis[0] > 0.5;
  }
  const double most = 4 * std::sqrt(2000 * 0.25 * 0.75);
  EXPECT_NEAR(up, 500, most);
  EXPECT_NEAR(front, 500, most);
}

TEST(ChangeCloud, WearKeepsMostPointsNearTheirPlaces) {
  const std::vector<SpacePoint> whole = tall_box(1000);
  int cut = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed);
    std::vector<SpacePoint> worn = whole;
    wear_cloud(worn, rng);
    ASSERT_GE(worn.size(), 700u);
    cut += worn.size() < 1000;
    int stray = 0;
    for (const SpacePoint& point : worn) {
      double nearest = INFINITY;
      for (const SpacePoint& other : whole) nearest = std::min(nearest, distance(point, other));
      stray += nearest > 0.2;
    }
    EXPECT_LT(stray, 45);  // 2 % of 1,000, and four standard deviations more
  }
  EXPECT_NEAR(cut, 40, 4 * std::sqrt(60 * 2 / 9.0));
}

TEST(ChangeCloud, TheSameStateGivesTheSameBytes) {
  std::vector<SpacePoint> one = tall_box(500), other = one;
  Rng first(9), second(9);
  wear_cloud(one, first);
  wear_cloud(other, second);
  stretch_cloud(one, 0.2, first);
  stretch_cloud(other, 0.2, second);
  EXPECT_EQ(cloud_values(turn_cloud(one, CloudTurn::any, first)),
            cloud_values(turn_cloud(other, CloudTurn::any, second)));
}

}  // namespace
}  // namespace tutti
