#include "media/picture/raster.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tutti {
namespace {

TEST(Raster, SineIsAccurate) {
  for (double turns = -1; turns < 1; turns += 0.001) {
    EXPECT_NEAR(sine_of_turns(turns), std::sin(turns * 6.283185307179586), 5e-6);
  }
}

TEST(Raster, ResizeKeepsConstantsAndMeans) {
  const Picture flat = make_picture(37, 23, 3, 201);
  for (const auto& [w, h] : {std::pair{5, 3}, {37, 23}, {90, 64}, {1, 1}, {20, 64}}) {
    const Picture out = resize_picture(flat, w, h);
    for (uint8_t value : out.pixels) EXPECT_EQ(value, 201);
  }
  Picture half = make_picture(100, 2, 1);
  for (int y = 0; y < 2; ++y) std::fill(half.at(50, y), half.at(50, y) + 50, uint8_t(255));
  EXPECT_NEAR(resize_picture(half, 1, 1).pixels[0], 127.5, 1);
  const Picture three = resize_picture(half, 3, 1);
  EXPECT_EQ(three.pixels[0], 0);
  EXPECT_NEAR(three.pixels[1], 127.5, 1);
  EXPECT_EQ(three.pixels[2], 255);
}

TEST(Raster, ResizeToTheSameSizeIsACopy) {
  Picture picture = make_picture(40, 31, 4);
  for (size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = uint8_t(7 * i);
  EXPECT_EQ(resize_picture(picture, 40, 31).pixels, picture.pixels);
  const Picture one = make_picture(1, 1, 3, 9);
  EXPECT_EQ(resize_picture(one, 4, 4).pixels, std::vector<uint8_t>(48, 9));
}

}  // namespace
}  // namespace tutti
