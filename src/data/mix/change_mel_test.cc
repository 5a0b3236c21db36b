#include "data/mix/change_mel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace tutti {
namespace {

// One loud bin in every frame.
Mel tone(int frames, int bin) {
  Mel mel;
  mel.values.assign(size_t(frames) * mel.bins, -2.0f);
  for (int f = 0; f < frames; ++f) mel.values[size_t(f) * mel.bins + bin] = 1.0f;
  return mel;
}

int loudest_bin(const Mel& mel, int frame) {
  const auto row = mel.values.begin() + size_t(frame) * mel.bins;
  return int(std::max_element(row, row + mel.bins) - row);
}

TEST(WarpMel, OneAndOneChangesNothing) {
  const Mel mel = tone(40, 30);
  EXPECT_EQ(warp_mel(mel, 1, 1).values, mel.values);
}

TEST(WarpMel, SpeedDividesTheFrames) {
  EXPECT_EQ(warp_mel(tone(40, 30), 2, 1).frames(), 20);
  EXPECT_EQ(warp_mel(tone(40, 30), 0.8, 1).frames(), 50);
  EXPECT_EQ(warp_mel(tone(1, 30), 100, 1).frames(), 1);
}

TEST(WarpMel, AShorterThroatSoundsHigher) {
  EXPECT_EQ(loudest_bin(warp_mel(tone(10, 30), 1, 1.1), 5), 33);
  EXPECT_EQ(loudest_bin(warp_mel(tone(10, 30), 1, 0.9), 5), 27);
  // The axis' ends stay in place.
  EXPECT_EQ(loudest_bin(warp_mel(tone(10, 79), 1, 1.1), 5), 79);
  EXPECT_EQ(loudest_bin(warp_mel(tone(10, 0), 1, 1.1), 5), 0);
}

TEST(ChangeMel, IsTheSameForTheSameSeedAndStaysFinite) {
  const Mel mel = tone(120, 30);
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Rng a(seed), b(seed);
    const Mel changed = change_mel(mel, a);
    EXPECT_EQ(changed.values, change_mel(mel, b).values);
    EXPECT_NEAR(changed.frames(), 120, 35);
    for (float value : changed.values) ASSERT_TRUE(std::isfinite(value));
  }
}

}  // namespace
}  // namespace tutti
