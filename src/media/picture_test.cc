#include <gtest/gtest.h>

#include "media/decode_picture.h"
#include "media/encode_picture.h"
#include "media/picture/fit_picture.h"
#include "media/picture/orientation.h"
#include "media/picture_ops.h"
#include "tests/helpers/test_media.h"

namespace tutti {
namespace {

TEST(PictureFile, PngIsExact) {
  const TestFolder folder;
  for (const auto& [channels, width] : {std::pair{3, 61}, {4, 33}, {3, 1}}) {
    const Picture picture = noise_picture(width, 17, channels);
    ASSERT_TRUE(save_picture(folder.file("a.png"), picture));
    const auto back = load_picture(folder.file("a.png"), {},
                                   channels == 4 ? Transparency::keep : Transparency::over_white);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->channels, channels);
    EXPECT_EQ(back->pixels, picture.pixels);
  }
  EXPECT_EQ(folder.files(), 1u);  // no temporary file stays
}

TEST(PictureFile, GreyPngComesBackAsEqualRgb) {
  const Picture grey = noise_picture(20, 10, 1);
  const auto bytes = encode_picture(grey, "png");
  ASSERT_TRUE(bytes);
  const auto back = load_picture(*bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->pixels, to_rgb(grey).pixels);
}

TEST(PictureFile, LossyKindsAreClose) {
  const Picture picture = scene(160, 120, 3);
  // The edge of the disc costs most: colours have half the resolution.
  const std::pair<const char*, double> kinds[] = {{"jpg", 32.5}, {"webp", 32}, {"bmp", 90}};
  for (const auto& [kind, least] : kinds) {
    const auto bytes = encode_picture(picture, kind);
    ASSERT_TRUE(bytes) << bytes.error().message();
    const auto back = load_picture(*bytes);
    ASSERT_TRUE(back) << kind << ": " << back.error().message();
    ASSERT_EQ(back->pixels.size(), picture.pixels.size());
    EXPECT_GT(psnr(picture, *back), least) << kind;
  }
}

TEST(PictureFile, FlatColoursSurviveJpegAtAnySize) {
  for (int side : {64, 1400}) {  // beyond 1280 a BT.709 guess would shift them
    Picture picture = make_picture(side, 64, 3);
    for (size_t i = 0; i < picture.pixels.size(); i += 3) picture.pixels[i] = 220;
    const auto bytes = encode_picture(picture, "jpg", 100);
    ASSERT_TRUE(bytes);
    const auto back = load_picture(*bytes);
    ASSERT_TRUE(back);
    EXPECT_GT(psnr(picture, *back), 42) << side;
  }
}

TEST(PictureFile, TransparentPixelsAreLaidOverWhite) {
  Picture picture = make_picture(2, 1, 4, 0);
  picture.pixels = {10, 20, 30, 255, 10, 20, 30, 0};
  const auto bytes = encode_picture(picture, "png");
  ASSERT_TRUE(bytes);
  const auto rgb = load_picture(*bytes);
  ASSERT_TRUE(rgb);
  EXPECT_EQ(rgb->pixels, (std::vector<uint8_t>{10, 20, 30, 255, 255, 255}));
}

TEST(PictureFile, FirstFrameOfAnAnimatedWebp) {
  const Picture first = scene(48, 40, 3), second = noise_picture(48, 40, 3);
  const auto a = *encode_picture(first, "webp"), b = *encode_picture(second, "webp");
  const auto whole = load_picture(animated_webp(48, 40, {{a, 48, 40, 0, 0}, {b, 48, 40, 0, 0}}));
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_EQ(whole->pixels, load_picture(a)->pixels);

  // Part of the canvas, with transparency: the rest is laid over white.
  Picture clear = scene(20, 16, 4);
  for (size_t i = 3; i < clear.pixels.size(); i += 4) clear.pixels[i] = i < 640 ? 0 : 255;
  const auto still = *encode_picture(clear, "webp");
  const auto part = load_picture(animated_webp(48, 40, {{still, 20, 16, 8, 4}}));
  ASSERT_TRUE(part) << part.error().message();
  ASSERT_EQ(part->width, 48);
  ASSERT_EQ(part->height, 40);
  const Picture alone = *load_picture(still);
  for (int y = 0; y < 40; ++y)
    for (int x = 0; x < 48; ++x) {
      const bool inside = x >= 8 && x < 28 && y >= 4 && y < 20;
      for (int c = 0; c < 3; ++c)
        ASSERT_EQ(part->at(x, y)[c], inside ? alone.at(x - 8, y - 4)[c] : 255) << x << " " << y;
    }
}

TEST(PictureFile, DamagedAnimationsAreErrors) {
  const auto still = *encode_picture(scene(48, 40, 3), "webp");
  const auto good = animated_webp(48, 40, {{still, 48, 40, 0, 0}});
  for (const auto& bad : {animated_webp(48, 40, {}), animated_webp(40, 40, {{still, 48, 40, 0, 0}}),
                          animated_webp(48, 40, {{still, 48, 40, 2, 0}}),
                          std::vector<uint8_t>(good.begin(), good.end() - 20)}) {
    const auto picture = load_picture(bad);
    ASSERT_FALSE(picture);
    EXPECT_NE(picture.error().message().find("first frame"), std::string::npos)
        << picture.error().message();
  }
}

// A limit is named as one, by the head alone, before anything is decoded.
TEST(PictureFile, TooManyPixelsAreNamed) {
  for (const char* kind : {"png", "jpg", "webp", "bmp"}) {
    const auto bytes = *encode_picture(scene(90, 70, 3), kind);
    for (const size_t end : {bytes.size(), bytes.size() - 9}) {
      const auto picture =
          load_picture(std::vector<uint8_t>(bytes.begin(), bytes.begin() + ptrdiff_t(end)),
                       {.max_pixels = 90 * 70 - 1});
      ASSERT_FALSE(picture);
      EXPECT_NE(picture.error().message().find("90 x 70 = 6300 pixels and at most 6299"),
                std::string::npos)
          << picture.error().message();
    }
    EXPECT_TRUE(load_picture(bytes, {.max_pixels = 90 * 70})) << kind;
  }
  const auto still = *encode_picture(scene(16, 16, 3), "webp");
  const auto canvas = load_picture(animated_webp(1 << 24, 1 << 24, {{still, 16, 16, 0, 0}}));
  ASSERT_FALSE(canvas);
  EXPECT_NE(canvas.error().message().find("pixels and at most"), std::string::npos);
}

TEST(PictureFile, FirstFrameOfGif) {
  // 2 x 2, colours red and blue, pixels 0 1 1 0 in LZW codes of three bits.
  const std::vector<uint8_t> gif = {'G', 'I', 'F', '8', '9', 'a',  2,    0,    2, 0,   0x80, 0, 0,
                                    255, 0,   0,   0,   0,   255,  0x2C, 0,    0, 0,   0,    2, 0,
                                    2,   0,   0,   2,   3,   0x44, 0x02, 0x05, 0, 0x3B};
  const auto picture = load_picture(gif);
  ASSERT_TRUE(picture) << picture.error().message();
  EXPECT_EQ(picture->pixels, (std::vector<uint8_t>{255, 0, 0, 0, 0, 255, 0, 0, 255, 255, 0, 0}));
}

// A JPEG with an EXIF block that says `orientation`.
std::vector<uint8_t> with_exif(const std::vector<uint8_t>& jpeg, uint8_t orientation) {
  const std::vector<uint8_t> block = {
      0xFF, 0xE1, 0,    34,   'E', 'x', 'i', 'f', 0, 0, 'M', 'M',         0, 42, 0, 0, 0, 8,
      0,    1,    0x01, 0x12, 0,   3,   0,   0,   0, 1, 0,   orientation, 0, 0,  0, 0, 0, 0};
  std::vector<uint8_t> out(jpeg.begin(), jpeg.begin() + 2);
  out.insert(out.end(), block.begin(), block.end());
  out.insert(out.end(), jpeg.begin() + 2, jpeg.end());
  return out;
}

TEST(PictureFile, ExifTurnsUpright) {
  const Picture stored = scene(96, 64, 3);
  const auto jpeg = encode_picture(stored, "jpg", 100);
  ASSERT_TRUE(jpeg);
  for (uint8_t orientation = 1; orientation <= 8; ++orientation) {
    const auto back = load_picture(with_exif(*jpeg, orientation));
    ASSERT_TRUE(back) << back.error().message();
    const Picture wanted = turn_upright(stored, orientation);
    ASSERT_EQ(back->width, orientation >= 5 ? 64 : 96);
    EXPECT_GT(psnr(wanted, *back), 31) << int(orientation);
  }
}

// Whether the decoder's frame is used as it lies, turned, or laid over white; and whether the bytes
// are copied or lie in front of their padding.
TEST(PictureFile, FittedAtOnceIsTheSame) {
  std::vector<std::vector<uint8_t>> files;
  for (const char* kind : {"png", "jpg", "webp", "bmp"})
    for (const int channels : {1, 3, 4})
      files.push_back(*encode_picture(scene(133, 97, channels), kind));
  const auto jpeg = files[4], still = files[8];
  for (uint8_t orientation = 1; orientation <= 8; ++orientation)
    files.push_back(with_exif(jpeg, orientation));
  files.push_back(animated_webp(150, 120, {{still, 133, 97, 8, 4}}));
  for (size_t i = 0; i < files.size(); ++i) {
    const auto whole = load_picture(files[i]);
    ASSERT_TRUE(whole) << i << whole.error().message();
    std::vector<uint8_t> padded = files[i];
    padded.resize(padded.size() + 64);
    const std::span<const uint8_t> bytes(padded.data(), files[i].size());
    for (const MediaInput& input : {MediaInput(files[i]), MediaInput::padded(bytes, 64)}) {
      const auto fitted = load_fitted_picture(input, 32);
      ASSERT_TRUE(fitted) << i << fitted.error().message();
      EXPECT_EQ(fitted->channels, 3);
      EXPECT_EQ(fitted->pixels, fit_picture(*whole, 32).pixels) << i;
    }
  }
}

TEST(Orientation, CornersGoWhereExifSays) {
  // Corners 1 2 / 3 4. EXIF names where row 0 and column 0 lie: 6 is "right side, top".
  Picture picture = make_picture(2, 2, 1);
  picture.pixels = {1, 2, 3, 4};
  const std::vector<uint8_t> wanted[9] = {{},           {1, 2, 3, 4}, {2, 1, 4, 3},
                                          {4, 3, 2, 1}, {3, 4, 1, 2}, {1, 3, 2, 4},
                                          {3, 1, 4, 2}, {4, 2, 3, 1}, {2, 4, 1, 3}};
  for (int o = 1; o <= 8; ++o) EXPECT_EQ(turn_upright(picture, o).pixels, wanted[o]) << o;
}

TEST(PictureFile, ErrorsSayWhatToDo) {
  const TestFolder folder;
  const Picture picture = scene(8, 8, 3);
  EXPECT_EQ(save_picture(folder.file("a.xyz"), picture).error().code(), ErrorCode::usage);
  EXPECT_EQ(save_picture(folder.file("none"), picture).error().code(), ErrorCode::usage);
  EXPECT_EQ(save_picture(folder.file("no/folder.png"), picture).error().code(), ErrorCode::failed);
  Picture wrong = picture;
  wrong.pixels.pop_back();
  EXPECT_EQ(save_picture(folder.file("a.png"), wrong).error().code(), ErrorCode::usage);
  EXPECT_EQ(folder.files(), 0u);

  const auto bytes = encode_picture(picture, "png");
  ASSERT_TRUE(bytes);
  EXPECT_FALSE(load_picture(*bytes, {.max_bytes = 10}));
  EXPECT_FALSE(load_picture(*bytes, {.max_pixels = 63}));
  EXPECT_TRUE(load_picture(*bytes, {.max_pixels = 64}));
}

}  // namespace
}  // namespace tutti
