// The demo's picture and clip are made by our own scene generator: this test makes them again and
// compares. TUTTI_WRITE_DEMO=folder writes them instead (as models/demo was written).
#include <gtest/gtest.h>

#include <cstdlib>

#include "data/scene/clip.h"
#include "data/scene/scene.h"
#include "media/decode_picture.h"
#include "media/decode_video.h"
#include "media/encode_picture.h"
#include "media/encode_video.h"

namespace tutti {
namespace {

const char* const kPictureText = "two blue triangles";
const char* const kClipText = "a brown square moves left";

Scene demo_scene() {
  Rng rng(11);
  return make_scene({}, SceneKind::count, rng);
}

ClipSample demo_clip() {
  Rng rng(9);
  return make_clip({}, rng);
}

std::string demo_file(const char* name) {
  const char* source = std::getenv("TUTTI_SOURCE_DIR");
  return std::string(source ? source : ".") + "/models/demo/" + name;
}

double mean_difference(const Picture& a, const Picture& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i)
    sum += std::abs(double(a.pixels[i]) - double(b.pixels[i]));
  return sum / double(a.pixels.size());
}

TEST(DemoInputs, Write) {
  const char* folder = std::getenv("TUTTI_WRITE_DEMO");
  if (!folder) GTEST_SKIP() << "set TUTTI_WRITE_DEMO to a folder to write the demo's inputs";
  const std::string to = std::string(folder) + "/";
  ASSERT_TRUE(bool(save_picture(to + "picture.png", demo_scene().image)));
  ASSERT_TRUE(bool(save_clip(to + "clip.mp4", demo_clip().clip)));
}

TEST(DemoInputs, PictureIsOurs) {
  const Scene scene = demo_scene();
  EXPECT_EQ(scene.captions.at("en"), kPictureText);
  const auto shipped = load_picture(demo_file("picture.png"));
  ASSERT_TRUE(bool(shipped)) << shipped.error().message();
  EXPECT_EQ(shipped->pixels, scene.image.pixels);
}

TEST(DemoInputs, ClipIsOurs) {
  const ClipSample sample = demo_clip();
  EXPECT_EQ(sample.captions.at("en"), kClipText);
  const auto shipped = load_clip(demo_file("clip.mp4"));
  ASSERT_TRUE(bool(shipped)) << shipped.error().message();
  ASSERT_EQ(shipped->frames.size(), sample.clip.frames.size());
  // H.264 at crf 20 keeps every frame within a few grey levels; a frame of another time is not.
  for (size_t i = 0; i < shipped->frames.size(); ++i)
    EXPECT_LT(mean_difference(shipped->frames[i], sample.clip.frames[i]), 4) << "frame " << i;
}

}  // namespace
}  // namespace tutti
