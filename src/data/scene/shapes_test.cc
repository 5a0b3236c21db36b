#include "data/scene/shapes.h"

#include <gtest/gtest.h>

#include "media/picture/raster.h"

namespace tutti {
namespace {

TEST(Shapes, StampOnWholePixelsIsExact) {
  const Stamp stamp = shape_stamp(square, {10, 20, 30}, 20);
  Canvas canvas{make_picture(64, 64, 3, 255), {}};
  Pose pose{30, 30};
  const int64_t coverage = draw_stamp(canvas, stamp, pose);
  EXPECT_EQ(coverage, coverage_sum(canvas.masks[0]));
  const Box box = bounds_of(canvas.masks[0], 128);
  EXPECT_EQ(box.left, 20);
  EXPECT_EQ(box.right, 40);
  EXPECT_EQ(*canvas.image.at(30, 30), 10);
  EXPECT_EQ(canvas.image.at(30, 30)[2], 30);
  EXPECT_EQ(*canvas.image.at(41, 30), 255);
}

TEST(Shapes, LaterObjectsHideEarlierOnesExactly) {
  Canvas canvas{make_picture(64, 64, 3, 255), {}};
  const Stamp stamp = shape_stamp(circle, {200, 0, 0}, 30);
  draw_stamp(canvas, stamp, {28.3, 30.7, 1, 0.1});
  const Picture before = canvas.masks[0];
  const Pose pose{40.1, 33.2, 1, 0.3};
  const int64_t predicted = hidden_by(canvas.masks[0], stamp, pose);
  draw_stamp(canvas, stamp, pose);
  EXPECT_EQ(coverage_sum(before) - coverage_sum(canvas.masks[0]), predicted);
  for (size_t i = 0; i < before.pixels.size(); ++i) {
    EXPECT_LE(canvas.masks[0].pixels[i] + canvas.masks[1].pixels[i], 255);
  }
}

TEST(Shapes, StampOutsideThePictureDrawsNothing) {
  Canvas canvas{make_picture(16, 16, 3, 7), {}};
  const Stamp stamp = shape_stamp(heart, {200, 0, 0}, 12);
  for (const Pose pose : {Pose{-40, 8}, Pose{8, 400}, Pose{8, 8, 0}, Pose{8, 8, 1, 0, 0}}) {
    EXPECT_EQ(draw_stamp(canvas, stamp, pose), 0);
  }
  EXPECT_EQ(canvas.image.pixels, make_picture(16, 16, 3, 7).pixels);
}

TEST(Shapes, AreaScalesWithTheSquareOfScale) {
  Stamp stamp = shape_stamp(circle, {0, 0, 0}, 60);
  stamp.add_levels();
  for (double scale : {1.0, 0.7, 0.4, 0.2}) {
    Canvas canvas{make_picture(80, 80, 3), {}};
    const double area = double(draw_stamp(canvas, stamp, {40, 40, scale})) / 255;
    const double wanted = 3.14159 / 4 * 60 * 60 * scale * scale;
    EXPECT_NEAR(area / wanted, 1, 0.06) << scale;
  }
}

TEST(Shapes, ShadesKeepTheirName) {
  Rng rng(5);
  for (int colour = 0; colour < kColourCount; ++colour) {
    for (int i = 0; i < 200; ++i) EXPECT_EQ(nearest_colour(shade_of(colour, rng)), colour);
  }
}

}  // namespace
}  // namespace tutti
