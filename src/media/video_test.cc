#include <gtest/gtest.h>

#include <fstream>

#include "media/decode_video.h"
#include "media/encode_video.h"
#include "tests/helpers/test_media.h"

namespace tutti {
namespace {

Clip moving_disc(int width, int height, int frames) {
  Clip clip{25, {}};
  for (int t = 0; t < frames; ++t) clip.frames.push_back(scene(width, height, 3, 2 * t));
  return clip;
}

TEST(VideoFile, RoundTripKeepsFramesAndPictures) {
  const TestFolder folder;
  const Clip clip = moving_disc(160, 96, 23);
  for (const char* name : {"a.mp4", "a.mkv", "a.mov", "a.avi"}) {
    const Status saved = save_clip(folder.file(name), clip);
    ASSERT_TRUE(saved) << saved.error().message();
    const auto back = load_clip(folder.file(name));
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_NEAR(back->frames_per_second, 25, 0.1) << name;
    ASSERT_EQ(back->frames.size(), clip.frames.size()) << name;
    for (size_t t = 0; t < clip.frames.size(); ++t) {
      ASSERT_EQ(back->frames[t].width, 160);
      EXPECT_GT(psnr(clip.frames[t], back->frames[t]), 29) << name << " " << t;
    }
  }
  EXPECT_EQ(folder.files(), 4u);
}

TEST(VideoFile, HighDefinitionKeepsItsColours) {
  const TestFolder folder;
  Picture red = make_picture(1280, 720, 3, 30);
  for (size_t i = 0; i < red.pixels.size(); i += 3) red.pixels[i] = 210;
  ASSERT_TRUE(save_clip(folder.file("a.mp4"), Clip{30, {red, red, red}}));
  const auto back = load_clip(folder.file("a.mp4"));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->frames.size(), 3u);
  EXPECT_GT(psnr(red, back->frames[1]), 38);
}

TEST(VideoFile, OddSizesArePadded) {
  const TestFolder folder;
  ASSERT_TRUE(save_clip(folder.file("a.mp4"), moving_disc(33, 21, 5)));
  const auto back = load_clip(folder.file("a.mp4"));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->frames[0].width, 34);
  EXPECT_EQ(back->frames[0].height, 22);
}

TEST(VideoReaderTest, PullsFromMemoryAndEnds) {
  const TestFolder folder;
  ASSERT_TRUE(save_clip(folder.file("a.mkv"), moving_disc(64, 48, 9)));
  std::ifstream file(folder.file("a.mkv"), std::ios::binary);
  const std::vector<uint8_t> bytes((std::istreambuf_iterator<char>(file)), {});
  auto reader = VideoReader::open(bytes);
  ASSERT_TRUE(reader) << reader.error().message();
  EXPECT_EQ(reader->width(), 64);
  EXPECT_EQ(reader->height(), 48);
  for (int t = 0; t < 9; ++t) {
    auto frame = reader->next();
    ASSERT_TRUE(frame && *frame) << t;
  }
  for (int again = 0; again < 2; ++again) {
    auto frame = reader->next();
    ASSERT_TRUE(frame);
    EXPECT_FALSE(*frame);
  }
}

TEST(VideoFile, LimitsAreErrors) {
  const TestFolder folder;
  ASSERT_TRUE(save_clip(folder.file("a.mp4"), moving_disc(64, 48, 10)));
  EXPECT_TRUE(load_clip(folder.file("a.mp4"), {.max_frames = 10}));
  for (const MediaLimits& limits :
       {MediaLimits{.max_frames = 9}, MediaLimits{.max_seconds = 0.2}, MediaLimits{.max_bytes = 99},
        MediaLimits{.max_pixels = 64 * 48 - 1}, MediaLimits{.max_clip_pixels = 64 * 48 * 9}}) {
    const auto clip = load_clip(folder.file("a.mp4"), limits);
    ASSERT_FALSE(clip);
    EXPECT_EQ(clip.error().code(), ErrorCode::bad_input);
  }
}

TEST(VideoWriterTest, LeavesNothingBehindUnlessFinished) {
  const TestFolder folder;
  {
    auto writer = VideoWriter::create(folder.file("a.mp4"), {.width = 64, .height = 48});
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->write(scene(64, 48, 4)));
    EXPECT_EQ(writer->write(scene(48, 64, 3)).error().code(), ErrorCode::usage);
    EXPECT_EQ(folder.files(), 1u);
  }
  EXPECT_EQ(folder.files(), 0u);
  EXPECT_FALSE(VideoWriter::create(folder.file("a.xyz"), {.width = 64, .height = 48}));
  EXPECT_FALSE(VideoWriter::create(folder.file("a.mp4"), {.width = 0, .height = 48}));
  EXPECT_FALSE(VideoWriter::create(folder.file("no/a.mp4"), {.width = 64, .height = 48}));
  EXPECT_FALSE(save_clip(folder.file("a.mp4"), Clip{}));
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace tutti
