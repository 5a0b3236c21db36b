// Damaged files of every kind: never a crash, always a value of sane size or an error one can act
// on.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "media/decode_picture.h"
#include "media/decode_sound.h"
#include "media/decode_video.h"
#include "media/encode_picture.h"
#include "media/encode_sound.h"
#include "media/encode_video.h"
#include "tests/helpers/test_media.h"

namespace tutti {
namespace {

using Bytes = std::vector<uint8_t>;
using Load = std::function<Status(const MediaInput&)>;

const MediaLimits limits{.max_pixels = 1 << 20, .max_seconds = 60, .max_frames = 100};

Status try_picture(const MediaInput& input) {
  TUTTI_ASSIGN(const Picture picture, load_picture(input, limits));
  EXPECT_EQ(picture.pixels.size(), size_t(picture.width) * picture.height * 3);
  EXPECT_LE(picture.pixels.size(), limits.max_pixels * 3);
  return {};
}

Status try_sound(const MediaInput& input) {
  TUTTI_ASSIGN(const Sound sound, load_sound(input, limits));
  EXPECT_GT(sound.samples.size(), 0u);
  EXPECT_LE(sound.seconds(), limits.max_seconds);
  for (float sample : sound.samples) EXPECT_LE(std::abs(sample), 1.f);
  return {};
}

Status try_clip(const MediaInput& input) {
  TUTTI_ASSIGN(const Clip clip, load_clip(input, limits));
  for (const Picture& frame : clip.frames) EXPECT_EQ(frame.width, clip.frames[0].width);
  return {};
}

Bytes video_bytes(const std::string& extension) {
  const TestFolder folder;
  Clip clip{25, {}};
  for (int t = 0; t < 6; ++t) clip.frames.push_back(scene(64, 48, 3, 2 * t));
  EXPECT_TRUE(save_clip(folder.file("a." + extension), clip));
  std::ifstream file(folder.file("a." + extension), std::ios::binary);
  return Bytes((std::istreambuf_iterator<char>(file)), {});
}

struct Case {
  std::string kind;
  Load load;
  Bytes bytes;
};

std::vector<Case> all_kinds() {
  std::vector<Case> cases;
  for (const char* kind : {"png", "jpg", "webp", "bmp"}) {
    cases.push_back({kind, try_picture, *encode_picture(scene(48, 40, 3), kind)});
  }
  const Bytes still = *encode_picture(scene(48, 40, 3), "webp");
  cases.push_back({"animated webp", try_picture,
                   animated_webp(64, 44, {{still, 48, 40, 2, 4}, {still, 48, 40, 0, 0}})});
  for (const char* kind : {"wav", "flac", "mp3", "ogg", "m4a"}) {
    cases.push_back({kind, try_sound, *encode_sound(tone(300, 0.3), kind)});
  }
  for (const char* kind : {"mp4", "mkv", "avi"})
    cases.push_back({kind, try_clip, video_bytes(kind)});
  return cases;
}

void expect_useful(const Status& status, const std::string& what) {
  if (status) return;
  EXPECT_EQ(status.error().code(), ErrorCode::bad_input) << what << status.error().message();
  EXPECT_GT(status.error().message().size(), 30u) << what;
}

TEST(Corruption, TruncatedAnywhere) {
  for (const Case& c : all_kinds()) {
    ASSERT_TRUE(c.load(c.bytes)) << c.kind;
    const size_t step = std::max<size_t>(1, c.bytes.size() / 60);
    for (size_t size = 0; size < c.bytes.size(); size += step) {
      const Bytes cut(c.bytes.begin(), c.bytes.begin() + ptrdiff_t(size));
      expect_useful(c.load(cut), c.kind + " cut at " + std::to_string(size) + ": ");
    }
  }
}

TEST(Corruption, PicturesCutInHalfAreErrors) {
  for (const char* kind : {"png", "jpg", "webp", "bmp"}) {
    Bytes bytes = *encode_picture(scene(48, 40, 3), kind);
    for (size_t share : {1, 5, 9}) {
      const Bytes cut(bytes.begin(), bytes.begin() + ptrdiff_t(bytes.size() * share / 10));
      EXPECT_FALSE(load_picture(cut)) << kind << " " << share;
    }
  }
}

TEST(Corruption, FlippedBytes) {
  std::mt19937 random(11);
  for (const Case& c : all_kinds()) {
    for (int round = 0; round < 60; ++round) {
      Bytes bytes = c.bytes;
      // Half of the rounds strike the header, where sizes are.
      const size_t range = round % 2 ? bytes.size() : std::min<size_t>(bytes.size(), 200);
      for (int flips = 1 + round % 8; flips > 0; --flips)
        bytes[random() % range] = uint8_t(random());
      expect_useful(c.load(bytes), c.kind + " round " + std::to_string(round) + ": ");
    }
  }
}

TEST(Corruption, WhatIsNoMedium) {
  const TestFolder folder;
  std::ofstream(folder.file("empty"));
  std::ofstream(folder.file("text")) << "just some words, and then some more of them\n";
  std::ofstream(folder.file("list.m3u8"))
      << "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/hostname\n#EXT-X-ENDLIST\n";
  std::ofstream(folder.file("concat")) << "ffconcat version 1.0\nfile other.wav\n";
  for (const Load& load : {Load(try_picture), Load(try_sound), Load(try_clip)}) {
    for (const char* name : {"empty", "text", "list.m3u8", "concat", "missing", "."}) {
      const Status status = load(folder.file(name));
      ASSERT_FALSE(status) << name;
      expect_useful(status, std::string(name) + ": ");
    }
    for (const char* url : {"http://127.0.0.1:1/a.mp4", "tcp://127.0.0.1:1", "/dev/zero"}) {
      ASSERT_FALSE(load(MediaInput(url))) << url;
    }
    ASSERT_FALSE(load(Bytes{}));
    ASSERT_FALSE(load(Bytes(100000, 0)));
  }
}

TEST(Corruption, AbsurdSizesInHeaders) {
  Bytes png = *encode_picture(scene(16, 16, 3), "png");
  for (int i = 16; i < 24; ++i) png[size_t(i)] = i % 4 == 0 ? 0x7F : 0xFF;  // IHDR: width, height
  EXPECT_FALSE(load_picture(png));
  EXPECT_FALSE(load_clip(png));
  for (int i = 16; i < 24; ++i) png[size_t(i)] = i % 4 == 1 ? 0x01 : 0;  // 65536 x 65536
  EXPECT_FALSE(load_picture(png));
  Bytes bmp = *encode_picture(scene(16, 16, 3), "bmp");
  for (int i = 18; i < 26; ++i) bmp[size_t(i)] = i % 4 == 1 ? 0x7F : 0xFF;
  EXPECT_FALSE(load_picture(bmp));
}

}  // namespace
}  // namespace tutti
