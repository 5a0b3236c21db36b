#include "media/picture_ops.h"

#include <gtest/gtest.h>

#include <climits>

#include "tests/helpers/test_media.h"

namespace tutti {
namespace {

TEST(PictureOps, ResizeKeepsFlatColoursExactly) {
  for (int channels : {1, 3, 4}) {
    Picture flat = make_picture(37, 23, channels);
    for (size_t i = 0; i < flat.pixels.size(); ++i)
      flat.pixels[i] = uint8_t(255 - 60 * (i % channels));
    if (channels == 4) {
      for (size_t i = 3; i < flat.pixels.size(); i += 4) flat.pixels[i] = 255;
    }
    for (Filter filter : {Filter::area, Filter::bilinear, Filter::lanczos}) {
      for (int side : {1, 8, 64}) {
        const auto out = resize(flat, side, side, filter);
        ASSERT_TRUE(out);
        for (size_t i = 0; i < out->pixels.size(); ++i) {
          ASSERT_NEAR(out->pixels[i], flat.pixels[i % channels], 1) << channels << " " << side;
        }
      }
    }
  }
}

TEST(PictureOps, AreaAveragesBlocks) {
  Picture picture = make_picture(4, 2, 1);
  picture.pixels = {0, 100, 200, 200, 100, 0, 200, 200};
  const auto out = resize(picture, 2, 1, Filter::area);
  ASSERT_TRUE(out);
  EXPECT_NEAR(out->pixels[0], 50, 1);
  EXPECT_NEAR(out->pixels[1], 200, 1);
}

TEST(PictureOps, DownAndUpIsClose) {
  const Picture picture = scene(128, 96, 3);
  const auto small = resize(picture, 64, 48, Filter::area);
  ASSERT_TRUE(small);
  const auto large = resize(*small, 128, 96, Filter::lanczos);
  ASSERT_TRUE(large);
  EXPECT_GT(psnr(picture, *large), 24);
}

TEST(PictureOps, HiddenColoursDoNotBleed) {
  Picture picture = make_picture(4, 4, 4);  // left: opaque green; right: invisible red
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 4; ++x) {
      const uint8_t pixel[4] = {uint8_t(x < 2 ? 0 : 255), uint8_t(x < 2 ? 200 : 0), 0,
                                uint8_t(x < 2 ? 255 : 0)};
      std::copy_n(pixel, 4, picture.at(x, y));
    }
  }
  const auto out = resize(picture, 1, 1);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->pixels[0], 0);
  EXPECT_NEAR(out->pixels[1], 200, 2);
  EXPECT_NEAR(out->pixels[3], 128, 2);
}

TEST(PictureOps, CropAndCenterSquare) {
  const Picture picture = noise_picture(9, 5, 3);
  const auto part = crop(picture, 2, 1, 4, 3);
  ASSERT_TRUE(part);
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 4; ++x) EXPECT_EQ(*part->at(x, y), *picture.at(x + 2, y + 1));
  }
  const auto square = center_square(picture, 5);
  ASSERT_TRUE(square);
  EXPECT_EQ(square->pixels, crop(picture, 2, 0, 5, 5)->pixels);
  EXPECT_FALSE(crop(picture, 2, 1, 8, 3));
  EXPECT_FALSE(crop(picture, INT_MAX, 1, INT_MAX, 3));
  EXPECT_FALSE(crop(picture, -1, 1, 2, 3));
  EXPECT_FALSE(resize(picture, 0, 5));
  EXPECT_FALSE(resize(picture, INT_MAX, INT_MAX));
  EXPECT_FALSE(resize(Picture{}, 4, 4));
  EXPECT_FALSE(center_square(Picture{}, 4));
}

TEST(PictureOps, CompositeBlendsAndClips) {
  const Picture ground = make_picture(4, 4, 3, 100);
  Picture layer = make_picture(2, 2, 4, 200);
  for (size_t i = 3; i < layer.pixels.size(); i += 4) layer.pixels[i] = uint8_t(i == 3 ? 0 : 128);
  const auto out = composite(layer, ground, 1, 1);
  ASSERT_TRUE(out);
  EXPECT_EQ(*out->at(0, 0), 100);
  EXPECT_EQ(*out->at(1, 1), 100);  // transparent
  EXPECT_EQ(*out->at(2, 2), 150);
  const auto corner = composite(layer, ground, -1, 3);
  ASSERT_TRUE(corner);
  EXPECT_EQ(*corner->at(0, 3), 150);
  EXPECT_EQ(*corner->at(1, 3), 100);
  EXPECT_EQ(composite(layer, ground, INT_MAX, INT_MIN)->pixels, ground.pixels);
}

TEST(PictureOps, GridPlacesCells) {
  const std::vector<Picture> cells = {make_picture(4, 4, 3, 10), make_picture(2, 2, 1, 20),
                                      make_picture(4, 4, 3, 30)};
  const auto grid = picture_grid(cells, 2, 1, {0, 0, 255});
  ASSERT_TRUE(grid);
  EXPECT_EQ(grid->width, 11);
  EXPECT_EQ(grid->height, 11);
  EXPECT_EQ(grid->at(0, 0)[2], 255);
  EXPECT_EQ(*grid->at(1, 1), 10);
  EXPECT_EQ(*grid->at(7, 2), 20);  // centred in its cell
  EXPECT_EQ(*grid->at(6, 1), 0);
  EXPECT_EQ(*grid->at(1, 6), 30);
  EXPECT_FALSE(picture_grid({}, 2));
  EXPECT_FALSE(picture_grid(cells, 0));
}

}  // namespace
}  // namespace tutti
