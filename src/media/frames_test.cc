#include "media/frames.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <random>

#include "media/decode_video.h"
#include "media/encode_video.h"
#include "media/picture/fit_picture.h"
#include "media/picture/raster.h"
#include "tests/helpers/test_media.h"

namespace tutti {
namespace {

using Matrix = YuvFrame::Matrix;

// Noise whose colours all lie within RGB, in planes whose rows have other bytes behind them.
struct Planes {
  Planes(int width, int height) : width(width), height(height) {
    std::mt19937 random(9);
    for (int i = 0; i < 3; ++i) {
      bytes[size_t(i)].resize(size_t(stride()) * size_t(height) + 64);
      for (uint8_t& value : bytes[size_t(i)])
        value = uint8_t(i == 0 ? 70 + random() % 110 : 114 + random() % 29);
    }
  }
  int stride() const { return width + 32; }
  YuvFrame frame(Matrix matrix, bool full_range) const {
    const auto plane = [&](size_t i) { return FramePlane{bytes[i].data(), stride()}; };
    return {width, height, plane(0), plane(1), plane(2), matrix, full_range};
  }
  double at(size_t plane, int x, int y) const {
    const int shift = plane ? 1 : 0;
    return bytes[plane][size_t(y >> shift) * size_t(stride()) + size_t(x >> shift)];
  }

  int width, height;
  std::array<std::vector<uint8_t>, 3> bytes;
};

// R, G and B by ITU-R BT.601-7 and BT.709-6.
std::array<double, 3> rgb_of(const std::array<double, 3>& yuv, Matrix matrix, bool full) {
  const double kr = matrix == Matrix::bt709 ? 0.2126 : 0.299;
  const double kb = matrix == Matrix::bt709 ? 0.0722 : 0.114;
  const double y = full ? yuv[0] : (yuv[0] - 16) * 255 / 219;
  const double u = (yuv[1] - 128) * (full ? 1 : 255.0 / 224);
  const double v = (yuv[2] - 128) * (full ? 1 : 255.0 / 224);
  const double r = y + 2 * (1 - kr) * v, b = y + 2 * (1 - kb) * u;
  return {r, (y - kr * r - kb * b) / (1 - kr - kb), b};
}

// The mean over the pixels that one of `wanted` covers, by how much it covers them.
std::array<double, 3> mean_of(const Planes& planes, int width, int height, int column, int row) {
  const double left = double(column) * planes.width / width;
  const double right = double(column + 1) * planes.width / width;
  const double top = double(row) * planes.height / height;
  const double low = double(row + 1) * planes.height / height;
  std::array<double, 3> sum = {};
  for (int y = int(top); y < std::min(planes.height, int(std::ceil(low))); ++y)
    for (int x = int(left); x < std::min(planes.width, int(std::ceil(right))); ++x) {
      const double part = (std::min(right, x + 1.0) - std::max(left, double(x))) *
                          (std::min(low, y + 1.0) - std::max(top, double(y)));
      for (size_t i = 0; i < 3; ++i) sum[i] += part * planes.at(i, x, y);
    }
  for (double& value : sum) value /= (right - left) * (low - top);
  return sum;
}

// Rounding to a level is half of one. The rest is swscale's: weights of 14 bits (a level is 2^-8 of
// what they are applied to) and sums of 15 in either direction, times 2.2, the largest coefficient.
constexpr double kTolerance = 1;

TEST(Frames, FittedPicturesAreMeansOfTheirPixels) {
  for (const auto& [width, height] : {std::pair(320, 180), std::pair(350, 198)}) {
    const Planes planes(width, height);
    for (const Matrix matrix : {Matrix::bt601, Matrix::bt709})
      for (const bool full : {false, true}) {
        FrameFitter fitter;
        const auto picture = fitter.fit(planes.frame(matrix, full), 64, 36);
        ASSERT_TRUE(picture) << picture.error().message();
        ASSERT_EQ(picture->pixels.size(), size_t(64 * 36 * 3));
        for (int y = 0; y < 36; ++y)
          for (int x = 0; x < 64; ++x) {
            const auto want = rgb_of(mean_of(planes, 64, 36, x, y), matrix, full);
            for (int c = 0; c < 3; ++c)
              ASSERT_NEAR(picture->at(x, y)[c], want[size_t(c)], kTolerance)
                  << x << " " << y << " " << c << " of " << width;
          }
      }
  }
}

TEST(Frames, ViewsThatMakeNoSenseAreRefused) {
  const Planes planes(64, 48);
  FrameFitter fitter;
  const auto refused = [&](const YuvFrame& frame, int width, int height) {
    const auto picture = fitter.fit(frame, width, height);
    return !picture && picture.error().code() == ErrorCode::usage;
  };
  const YuvFrame good = planes.frame(Matrix::bt601, false);
  YuvFrame frame = good;
  EXPECT_FALSE(refused(good, 8, 8));
  EXPECT_TRUE(refused(good, 0, 8));
  EXPECT_TRUE(refused(good, 8, -1));
  frame.width = 0;
  EXPECT_TRUE(refused(frame, 8, 8));
  frame = good, frame.v.data = nullptr;
  EXPECT_TRUE(refused(frame, 8, 8));
  frame = good, frame.y.stride = -63;
  EXPECT_TRUE(refused(frame, 8, 8));
  EXPECT_TRUE(refused({}, 8, 8));
}

// An upside-down view is the picture upside down.
TEST(Frames, StridesMayBeNegative) {
  const Planes planes(64, 48);
  const YuvFrame frame = planes.frame(Matrix::bt709, true);
  YuvFrame turned = frame;
  for (auto& [plane, rows] : {std::pair(&turned.y, 48), {&turned.u, 24}, {&turned.v, 24}}) {
    plane->data += plane->stride * (rows - 1);
    plane->stride = -plane->stride;
  }
  FrameFitter fitter;
  const auto upright = fitter.fit(frame, 16, 12), low = fitter.fit(turned, 16, 12);
  ASSERT_TRUE(upright && low);
  for (int y = 0; y < 12; ++y)
    EXPECT_TRUE(std::equal(upright->at(0, y), upright->at(0, y) + 48, low->at(0, 11 - y))) << y;
}

Clip moving_scene(int width, int height, int frames) {
  Clip clip{25, {}};
  for (int t = 0; t < frames; ++t) clip.frames.push_back(scene(width, height, 3, 4 * t));
  return clip;
}

bool goes_on(VideoReader& reader) {
  const auto more = reader.advance();
  return more && *more;
}

TEST(Frames, AVideoIsFittedAsItsPicturesAre) {
  const TestFolder folder;
  ASSERT_TRUE(save_clip(folder.file("a.mp4"), moving_scene(640, 360, 5)));
  auto whole = VideoReader::open(folder.file("a.mp4")),
       small = VideoReader::open(folder.file("a.mp4"));
  ASSERT_TRUE(whole && small);
  EXPECT_EQ(small->fitted(8, 8).error().code(), ErrorCode::usage);  // before the first
  for (int t = 0; t < 5; ++t) {
    const auto picture = whole->next();
    ASSERT_TRUE(picture && *picture);
    ASSERT_TRUE(goes_on(*small));
    const auto fitted = small->fitted(128, 72);
    ASSERT_TRUE(fitted);
    // swscale's fast conversion to RGB loses up to two levels of green.
    EXPECT_GT(psnr(resize_picture(**picture, 128, 72), *fitted), 40) << t;
    const auto planes = small->planes();
    ASSERT_TRUE(planes);
    EXPECT_EQ(planes->width, 640);
    EXPECT_EQ(planes->matrix, Matrix::bt601);
    EXPECT_FALSE(planes->full_range);
  }
  EXPECT_FALSE(goes_on(*small));
}

// Turns the one track of an MP4 by a quarter: its matrix is 40 bytes behind the name of its header.
void turn_track(const std::string& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  const size_t name = bytes.find("tkhd");
  ASSERT_NE(name, std::string::npos);
  file.clear();
  file.seekp(std::streamoff(name) + 44);
  const uint8_t quarter[20] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0};
  file.write(reinterpret_cast<const char*>(quarter), sizeof quarter);
}

TEST(Frames, ATurnedVideoIsFittedUpright) {
  const TestFolder folder;
  ASSERT_TRUE(save_clip(folder.file("a.mp4"), moving_scene(640, 360, 2)));
  turn_track(folder.file("a.mp4"));
  auto whole = VideoReader::open(folder.file("a.mp4")),
       small = VideoReader::open(folder.file("a.mp4"));
  ASSERT_TRUE(whole && small);
  ASSERT_EQ(small->width(), 360);
  const auto picture = whole->next();
  ASSERT_TRUE(picture && *picture && goes_on(*small));
  const auto fitted = small->fitted(36, 64);
  ASSERT_TRUE(fitted);
  ASSERT_EQ(fitted->width, 36);
  EXPECT_GT(psnr(resize_picture(**picture, 36, 64), *fitted), 38);
}

TEST(Frames, EvenFramesAreInOrderAndRepeatWhereThereAreFew) {
  const TestFolder folder;
  ASSERT_TRUE(save_clip(folder.file("a.mp4"), moving_scene(320, 240, 8)));
  auto reader = VideoReader::open(folder.file("a.mp4"));
  ASSERT_TRUE(reader);
  const auto frames = even_frames(*reader, 16, 64);
  ASSERT_TRUE(frames);
  ASSERT_EQ(frames->size(), 16u);
  for (size_t i = 0; i < 16; ++i) {
    const Picture want = fit_picture(scene(320, 240, 3, 4 * int(i / 2)), 64);
    EXPECT_GT(psnr((*frames)[i], want), 27) << i;
    if (i % 2) {
      EXPECT_EQ((*frames)[i].pixels, (*frames)[i - 1].pixels);
    }
  }
  EXPECT_FALSE(even_frames(*reader, 16, 64));  // there is none left
}

}  // namespace
}  // namespace tutti
