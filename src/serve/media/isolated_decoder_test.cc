// Uploads through real worker processes: the same results and errors as without them, by many
// threads on few workers.
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "media/decode_picture.h"
#include "media/decode_sound.h"
#include "media/encode_picture.h"
#include "media/encode_sound.h"
#include "media/encode_video.h"
#include "media/picture/fit_picture.h"
#include "media/points/read_cloud.h"
#include "serve/media/serve_media.h"
#include "tests/helpers/isolated_decoder_fixture.h"
#include "tests/helpers/point_files.h"

namespace tutti {
namespace {

using namespace isolation;

Bytes video_bytes() {
  const TestFolder folder;
  Clip clip{25, {}};
  for (int t = 0; t < 40; ++t) clip.frames.push_back(scene(64, 48, 3, t));
  EXPECT_TRUE(save_clip(folder.file("a.mp4"), clip));
  std::ifstream file(folder.file("a.mp4"), std::ios::binary);
  return Bytes((std::istreambuf_iterator<char>(file)), {});
}

TEST(IsolatedDecoder, GivesTheSameBits) {
  const IsolatedDecoder decoder = start();
  for (const char* kind : {"png", "jpg", "webp", "bmp"}) {
    const Bytes bytes = *encode_picture(scene(333, 217, 4), kind);
    for (const auto transparency : {Transparency::over_white, Transparency::keep}) {
      const auto here = load_picture(bytes, {}, transparency);
      const auto there = decoder.load_picture(bytes, {}, transparency);
      ASSERT_TRUE(here && there) << kind;
      EXPECT_EQ(here->width, there->width);
      EXPECT_EQ(here->channels, there->channels);
      EXPECT_EQ(here->pixels, there->pixels) << kind;
    }
  }
  const Bytes large = *encode_picture(scene(333, 217, 4), "png");
  EXPECT_EQ(decoder.load_fitted_picture(large, 128)->pixels,
            fit_picture(*load_picture(large), 128).pixels);
  for (const char* kind : {"wav", "flac", "mp3", "ogg", "m4a"}) {
    const Bytes bytes = *encode_sound(tone(300, 2.3), kind);
    const auto here = load_sound(bytes), there = decoder.load_sound(bytes);
    ASSERT_TRUE(here && there) << kind;
    EXPECT_EQ(here->samples, there->samples) << kind;
  }
  const Bytes video = video_bytes();
  const auto here = real_decoders().frames(video, 16, 32, {});
  const auto there = decoder.load_frames(video, 16, 32);
  ASSERT_TRUE(here && there);
  ASSERT_EQ(there->size(), 16u);
  for (size_t i = 0; i < 16; ++i) EXPECT_EQ((*here)[i].pixels, (*there)[i].pixels) << i;
  for (const std::string& file :
       {ascii_ply(test_mesh()), obj_file(test_mesh()), binary_pcd(test_cloud())}) {
    const auto rows = read_cloud(bytes_of(file), ""), apart = decoder.load_cloud(bytes_of(file));
    ASSERT_TRUE(rows && apart);
    EXPECT_EQ(rows->modality, apart->modality);
    EXPECT_EQ(rows->values, apart->values);
    ASSERT_EQ(rows->places.size(), apart->places.size());
    EXPECT_EQ(
        std::memcmp(rows->places.data(), apart->places.data(), rows->places.size() * sizeof(Place)),
        0);
  }
  EXPECT_EQ(decoder.stats().crashes + decoder.stats().timeouts, 0u);
}

TEST(IsolatedDecoder, GivesTheSameErrors) {
  const IsolatedDecoder decoder = start();
  const Bytes png = *encode_picture(scene(48, 40, 3), "png");
  const Bytes half(png.begin(), png.begin() + ptrdiff_t(png.size() / 2));
  const Bytes playlist =
      bytes_of("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/hostname\n#EXT-X-ENDLIST\n");
  const MediaLimits small{.max_bytes = 5000, .max_pixels = 100};
  for (const auto& bytes : {half, png, playlist, Bytes(), Bytes(6000, 7)}) {
    const auto here = load_picture(bytes, small), there = decoder.load_picture(bytes, small);
    ASSERT_FALSE(here || there);
    EXPECT_EQ(here.error().code(), there.error().code());
    EXPECT_EQ(here.error().message(), there.error().message());
    const auto sound_here = load_sound(bytes, small),
               sound_there = decoder.load_sound(bytes, small);
    ASSERT_FALSE(sound_here || sound_there);
    EXPECT_EQ(sound_here.error().message(), sound_there.error().message());
  }
  for (const Bytes& bytes : {png, playlist, bytes_of(ascii_ply({{{1, 2, 3}}, {}}))}) {
    const auto rows = read_cloud(bytes, ""), apart = decoder.load_cloud(bytes);
    ASSERT_FALSE(rows || apart);
    EXPECT_EQ(rows.error().code(), apart.error().code());
    EXPECT_EQ(rows.error().message(), apart.error().message());
  }
  EXPECT_EQ(decoder.stats().crashes, 0u);
}

TEST(IsolatedDecoder, DamagedUploadsOfEveryKind) {
  const IsolatedDecoder decoder = start();
  std::mt19937 random(11);
  const Bytes jpg = *encode_picture(scene(48, 40, 3), "jpg"),
              webp = *encode_picture(scene(48, 40, 3), "webp"),
              mp3 = *encode_sound(tone(300, 0.3), "mp3"), mp4 = video_bytes(),
              ply = bytes_of(binary_ply(test_mesh(), false));
  for (int round = 0; round < 60; ++round) {
    for (Bytes bytes : {jpg, webp, mp3, mp4, ply}) {
      for (int flips = 1 + round % 8; flips > 0; --flips)
        bytes[random() % std::min<size_t>(bytes.size(), round % 2 ? 200 : 1 << 20)] =
            uint8_t(random());
      const auto here = load_picture(bytes), there = decoder.load_picture(bytes);
      ASSERT_EQ(bool(here), bool(there)) << round;
      if (here) {
        EXPECT_EQ(here->pixels, there->pixels);
      } else {
        EXPECT_EQ(here.error().message(), there.error().message());
      }
      EXPECT_EQ(bool(load_sound(bytes)), bool(decoder.load_sound(bytes)));
      EXPECT_EQ(bool(read_cloud(bytes, "")), bool(decoder.load_cloud(bytes)));
    }
  }
  EXPECT_EQ(decoder.stats().crashes, 0u);
}

TEST(IsolatedDecoder, ManyThreadsShareFewWorkers) {
  const IsolatedDecoder decoder = start({.requests_per_worker = 5});
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      const Bytes png = *encode_picture(scene(40 + t, 30, 3), "png");
      for (int i = 0; i < 10; ++i) {
        if (i == 5 && t == 0) (void)decoder.load_picture(bytes_of("crash"));
        const auto picture = decoder.load_picture(png);
        good += picture && picture->pixels == scene(40 + t, 30, 3).pixels;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 80);
  EXPECT_EQ(decoder.stats().crashes, 1u);
  EXPECT_GE(decoder.stats().starts, 80u / 5);  // the last may be on their way
}

// The answer does not wait for the process that takes the place of a worn-out one.
TEST(IsolatedDecoder, NoUploadWaitsForAReplacement) {
  const Bytes png = *encode_picture(scene(48, 40, 3), "png");
  const auto seconds = [](auto work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  double least_start = 1e9, least_upload = 1e9;
  for (int i = 0; i < 3; ++i)
    least_start = std::min(least_start, seconds([] { start({.workers = 1}); }));
  const IsolatedDecoder decoder = start({.workers = 4, .requests_per_worker = 1});
  for (int i = 0; i < 12; ++i)
    least_upload = std::min(least_upload, seconds([&] { EXPECT_TRUE(decoder.load_picture(png)); }));
  EXPECT_LT(least_upload, least_start / 2);
  EXPECT_EQ(decoder.stats().uploads, 12u);
  EXPECT_GE(decoder.stats().starts, 4u + 8u);  // each of the last eight had a fresh one
}

// The second waits 1.2 s for the first, the fourth would wait 3.6 s.
TEST(IsolatedDecoder, BusyWhenNoWorkerIsFreeInTime) {
  const IsolatedDecoder decoder = start({.workers = 1, .seconds = 2.5});
  std::vector<ErrorCode> codes(4, ErrorCode::usage);
  std::vector<std::thread> threads;
  for (ErrorCode& code : codes)
    threads.emplace_back([&] {
      const auto picture = decoder.load_picture(bytes_of("slow"));
      if (!picture) code = picture.error().code();
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(std::count(codes.begin(), codes.end(), ErrorCode::busy), 1);
  EXPECT_EQ(std::count(codes.begin(), codes.end(), ErrorCode::bad_input), 0);
  expect_well(decoder);
}

TEST(IsolatedDecoder, EndsItsWorkers) {
  std::vector<int> ids;
  {
    const IsolatedDecoder decoder = start();
    ids = decoder.process_ids();
  }
  for (const int id : ids) EXPECT_EQ(kill(id, 0), -1) << "it still runs";
}

TEST(IsolatedDecoder, SaysWhyItDoesNotStart) {
  auto decoder = IsolatedDecoder::start({.program = "/nowhere/tutti"});
  ASSERT_FALSE(decoder);
  EXPECT_NE(decoder.error().message().find("/nowhere/tutti"), std::string::npos);
  decoder = IsolatedDecoder::start({.program = "/bin/true"});
  ASSERT_FALSE(decoder);
  EXPECT_NE(decoder.error().message().find("/bin/true"), std::string::npos);
}

}  // namespace
}  // namespace tutti
