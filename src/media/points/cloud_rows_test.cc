#include "media/points/cloud_rows.h"

#include <gtest/gtest.h>

#include "media/points/point_patches.h"

namespace tutti {
namespace {

// Two heaps: one to the left below, one to the right on top.
std::vector<float> two_heaps() {
  std::vector<float> xyz;
  for (int i = 0; i < 600; ++i) {
    const float side = i % 2 ? 1.0f : -1.0f, step = 0.001f * float(i);
    for (float value : {side * 3 + step, 0.5f * step, side * 4 - step}) xyz.push_back(value);
  }
  return xyz;
}

TEST(CloudRows, ARowHoldsAPatchAndItsCentreAndLiesWhereItIsSeen) {
  const Rows rows = cloud_rows(two_heaps(), 0);
  EXPECT_EQ(rows.modality, "points");
  constexpr size_t kWidth = kPatchValues + 3;
  ASSERT_EQ(rows.places.size(), size_t(kPatches));
  ASSERT_EQ(rows.values.size(), kPatches * kWidth);
  int left_below = 0, right_above = 0;
  for (size_t i = 0; i < rows.places.size(); ++i) {
    const float* centre = rows.values.data() + i * kWidth + kPatchValues;
    const Place& place = rows.places[i];
    EXPECT_EQ(place.time, 0);
    EXPECT_FLOAT_EQ(place.x, 4 + 4 * centre[0]);
    EXPECT_FLOAT_EQ(place.y, 4 - 4 * centre[2]);
    left_below += place.x < 4 && place.y > 4;
    right_above += place.x > 4 && place.y < 4;
  }
  EXPECT_GT(left_below, 0);
  EXPECT_GT(right_above, 0);
  EXPECT_EQ(left_below + right_above, kPatches);
}

}  // namespace
}  // namespace tutti
