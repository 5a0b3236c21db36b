#include "data/scene/augment.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/helpers/scene_fixture.h"

namespace tutti {
namespace {

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
