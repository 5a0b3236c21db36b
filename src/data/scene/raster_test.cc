#include "media/picture/raster.h"

#include <gtest/gtest.h>

#include <cmath>

#include "data/scene/augment.h"
#include "helpers/scene_fixture.h"
#include "data/scene/shapes.h"

namespace tutti {
namespace {

TEST(Rng, IsTheSameEverywhere) {
  Rng rng(1);
  EXPECT_EQ(rng.next(), 0xb3f2af6d0fc710c5u);
  EXPECT_EQ(rng.next(), 0x853b559647364ceau);
  Rng bounds(2);
  for (int i = 0; i < 1000; ++i) {
    const int value = bounds.below(7);
    EXPECT_GE(value, 0);
    EXPECT_LT(value, 7);
  }
  EXPECT_EQ(bounds.below(0), 0);
}

TEST(Rng, NormalHasMeanZeroAndVarianceOne) {
  Rng rng(3);
  double sum = 0, squares = 0;
  const int n = 100000;
  for (int i = 0; i < n; ++i) {
    const double x = rng.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / n, 0, 4 / std::sqrt(double(n)));
  EXPECT_NEAR(squares / n, 1, 0.02);
}

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
  const Picture blob = blob_picture(40, 31, 2);
  EXPECT_EQ(resize_picture(blob, 40, 31).pixels, blob.pixels);
  const Picture one = make_picture(1, 1, 3, 9);
  EXPECT_EQ(resize_picture(one, 4, 4).pixels, std::vector<uint8_t>(48, 9));
}

TEST(Raster, StampOnWholePixelsIsExact) {
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

TEST(Raster, LaterObjectsHideEarlierOnesExactly) {
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

TEST(Raster, StampOutsideThePictureDrawsNothing) {
  Canvas canvas{make_picture(16, 16, 3, 7), {}};
  const Stamp stamp = shape_stamp(heart, {200, 0, 0}, 12);
  for (const Pose pose : {Pose{-40, 8}, Pose{8, 400}, Pose{8, 8, 0}, Pose{8, 8, 1, 0, 0}}) {
    EXPECT_EQ(draw_stamp(canvas, stamp, pose), 0);
  }
  EXPECT_EQ(canvas.image.pixels, make_picture(16, 16, 3, 7).pixels);
}

TEST(Raster, AreaScalesWithTheSquareOfScale) {
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

TEST(Augment, NoChangeLeavesThePictureAlone) {
  Picture picture = resize_picture(fixture_library().backgrounds[0], 64, 64);
  const Picture before = picture;
  change_light(picture, {});
  EXPECT_EQ(picture.pixels, before.pixels);
}

TEST(Augment, IsDeterministicKeepsTheSizeAndChangesPixels) {
  const Picture picture = resize_picture(fixture_library().backgrounds[0], 128, 128);
  Rng a(7), b(7);
  for (int i = 0; i < 20; ++i) {
    const Picture first = augment_picture(picture, a), second = augment_picture(picture, b);
    EXPECT_EQ(first.pixels, second.pixels);
    EXPECT_EQ(first.pixels.size(), picture.pixels.size());
    EXPECT_NE(first.pixels, picture.pixels);
  }
}

TEST(Augment, NoiseHasTheAskedDeviation) {
  Picture picture = make_picture(128, 128, 3, 128);
  Rng rng(1);
  add_noise(picture, 10, rng);
  double squares = 0;
  for (uint8_t value : picture.pixels) squares += (value - 128.0) * (value - 128.0);
  EXPECT_NEAR(std::sqrt(squares / double(picture.pixels.size())), 10, 0.3);
}

}  // namespace
}  // namespace tutti
