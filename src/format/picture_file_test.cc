#include "format/picture_file.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/helpers/test_files.h"

namespace tutti {
namespace {

Picture gradient(int width, int height, int channels) {
  Picture picture = make_picture(width, height, channels);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) picture.at(x, y)[c] = uint8_t(5 * x + 3 * y + 40 * c);
    }
  }
  return picture;
}

TEST(Png, IsLossless) {
  for (int channels : {1, 3, 4}) {
    const Picture picture = gradient(17, 9, channels);
    const std::string file = encode_png(picture);
    EXPECT_EQ(file, encode_png(picture));
    auto back = decode_picture(bytes_of(file));
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->width, 17);
    EXPECT_EQ(back->height, 9);
    EXPECT_EQ(back->channels, channels);
    EXPECT_EQ(back->pixels, picture.pixels);
  }
}

TEST(Jpeg, IsClose) {
  Picture picture = make_picture(32, 32, 3);
  for (int i = 0; i < 32 * 32 * 3; ++i) picture.pixels[i] = uint8_t(i / 96 * 4 + 40 * (i % 3));
  auto back = decode_picture(bytes_of(encode_jpeg(picture, 95)));
  ASSERT_TRUE(back) << back.error().message();
  ASSERT_EQ(back->pixels.size(), picture.pixels.size());
  double error = 0;
  for (size_t i = 0; i < picture.pixels.size(); ++i) {
    error += std::abs(int(back->pixels[i]) - int(picture.pixels[i]));
  }
  EXPECT_LT(error / double(picture.pixels.size()), 3);
  EXPECT_LT(encode_jpeg(picture, 10).size(), encode_jpeg(picture, 95).size());
}

TEST(Picture, MalformedOnesAreNotEncoded) {
  EXPECT_EQ(encode_png({}), "");
  EXPECT_EQ(encode_png({4, 4, 3, std::vector<uint8_t>(47)}), "");
  EXPECT_EQ(encode_png({4, 4, 2, std::vector<uint8_t>(32)}), "");
  EXPECT_EQ(encode_jpeg({-4, -4, 3, std::vector<uint8_t>(48)}, 90), "");
  EXPECT_EQ(encode_png({1 << 30, 1 << 30, 4, {}}), "");
}

TEST(Picture, DamagedFilesAreRefusedOrDecodedWhole) {
  for (const std::string& file :
       {encode_png(gradient(8, 8, 4)), encode_jpeg(gradient(16, 16, 3), 80)}) {
    for (size_t size = 0; size < file.size(); ++size) {
      auto cut = decode_picture(bytes_of(file.substr(0, size)));
      if (cut) {
        EXPECT_EQ(cut->pixels.size(), size_t(cut->width) * cut->height * cut->channels);
      }
    }
    for (size_t bit = 0; bit < file.size() * 8; ++bit) {
      std::string copy = file;
      copy[bit / 8] = char(copy[bit / 8] ^ (1 << bit % 8));
      auto flipped = decode_picture(bytes_of(copy), {.largest_side = 256, .most_pixels = 4096});
      if (flipped) {
        EXPECT_LE(flipped->pixels.size(), 4096u * 4);
      }
    }
  }
  EXPECT_FALSE(decode_picture(bytes_of("GIF89a not a picture we read")));
}

TEST(Picture, HuffmanTablesThatAreTooLongAreRefused) {
  std::string file = encode_jpeg(gradient(16, 16, 3), 80);
  const size_t table = file.find("\xff\xc4");
  ASSERT_NE(table, std::string::npos);
  ASSERT_TRUE(decode_picture(bytes_of(file)));
  for (size_t i = 0; i < 16; ++i) file[table + 5 + i] = '\xff';  // 4080 codes
  EXPECT_FALSE(decode_picture(bytes_of(file)));
  // The same before the end of a file whose other segments are sound.
  std::string late = encode_jpeg(gradient(16, 16, 3), 80);
  late.insert(late.size() - 2, file.substr(table, 500));
  EXPECT_FALSE(decode_picture(bytes_of(late)));
}

TEST(Picture, LimitsHold) {
  const std::string file = encode_png(gradient(40, 20, 1));
  EXPECT_FALSE(decode_picture(bytes_of(file), {.largest_side = 39}));
  EXPECT_FALSE(decode_picture(bytes_of(file), {.most_pixels = 799}));
  EXPECT_TRUE(decode_picture(bytes_of(file), {.largest_side = 40, .most_pixels = 800}));
}

}  // namespace
}  // namespace tutti
