// Uploads through real worker processes: the same results, and what happens when a decoder
// misbehaves. This program is also its own worker, whose decoders misbehave on command.
#include "serve/media/isolated_decoder.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "data/scene/fit_picture.h"
#include "media/encode.h"
#include "media/test_media.h"
#include "serve/media/worker.h"

namespace tutti {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes bytes_of(const std::string& text) {
  return Bytes(text.begin(), text.end());
}

// ---- the worker ----

// What a taken-over decoder would try; the first thing that succeeds is told.
std::string break_out() {
  if (std::ifstream("/etc/hostname") || std::ofstream("/tmp/tutti-broke-out")) return "a file";
  if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
    return "a socket";
  if (fork() >= 0) return "a process";
  char program[] = "/bin/true";
  char* const arguments[] = {program, nullptr};
  if (execv(program, arguments) == 0) return "another program";
  if (kill(getppid(), 0) == 0 || kill(getpid(), 0) == 0) return "a signal";
  const rlimit endless = {RLIM_INFINITY, RLIM_INFINITY};
  if (setrlimit(RLIMIT_CPU, &endless) == 0) return "its limits";
  if (mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
    return "executable memory";
  for (int descriptor = 3; descriptor < 64; ++descriptor)
    if (char byte; read(descriptor, &byte, 1) >= 0 || errno != EBADF) return "a descriptor";
  if (environ && *environ) return "the environment";
  return "nothing";
}

[[noreturn]] void spin() {
  for (std::atomic<int> i = 0;;) ++i;
}

Result<Picture> obey(const MediaInput& input, const MediaLimits& limits,
                     Transparency transparency) {
  const std::string command(input.bytes().begin(), input.bytes().end());
  if (command == "crash") *std::launder(reinterpret_cast<volatile int*>(8)) = 0;
  if (command == "abort") std::abort();
  if (command == "spin") spin();
  if (command == "hang")
    for (;;) usleep(1'000'000);
  if (command == "grow") {
    std::vector<Bytes> all;
    for (;;) all.emplace_back(size_t(64) << 20, 1);
  }
  if (command == "wide") return make_picture(9000, 9000, 3);
  if (command == "break out") return bad_input("it got " + break_out());
  if (command == "slow") {
    usleep(1'200'000);
    return make_picture(1, 1, 3);
  }
  return load_picture(input, limits, transparency);
}

// ---- the tests ----

IsolatedDecoder start(IsolationOptions options = {}, bool misbehaving = true) {
  if (misbehaving) options.argument = "misbehaving-worker";
  auto decoder = IsolatedDecoder::start(options);
  EXPECT_TRUE(decoder) << (decoder ? "" : decoder.error().message());
  return *std::move(decoder);
}

Bytes video_bytes() {
  const TestFolder folder;
  Clip clip{25, {}};
  for (int t = 0; t < 40; ++t) clip.frames.push_back(scene(64, 48, 3, t));
  EXPECT_TRUE(save_clip(folder.file("a.mp4"), clip));
  std::ifstream file(folder.file("a.mp4"), std::ios::binary);
  return Bytes((std::istreambuf_iterator<char>(file)), {});
}

// The next upload is served, by as many workers as before.
void expect_well(const IsolatedDecoder& decoder) {
  const Bytes png = *encode_picture(scene(48, 40, 3), "png");
  for (int i = 0; i < 3; ++i) {
    const auto picture = decoder.load_picture(png);
    ASSERT_TRUE(picture) << picture.error().message();
    EXPECT_EQ(picture->pixels, scene(48, 40, 3).pixels);
  }
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
  const auto here = MediaDecoders::real().frames(video, 16, 32, {});
  const auto there = decoder.load_frames(video, 16, 32);
  ASSERT_TRUE(here && there);
  ASSERT_EQ(there->size(), 16u);
  for (size_t i = 0; i < 16; ++i) EXPECT_EQ((*here)[i].pixels, (*there)[i].pixels) << i;
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
  EXPECT_EQ(decoder.stats().crashes, 0u);
}

TEST(IsolatedDecoder, DamagedUploadsOfEveryKind) {
  const IsolatedDecoder decoder = start();
  std::mt19937 random(11);
  const Bytes jpg = *encode_picture(scene(48, 40, 3), "jpg"),
              webp = *encode_picture(scene(48, 40, 3), "webp"),
              mp3 = *encode_sound(tone(300, 0.3), "mp3"), mp4 = video_bytes();
  for (int round = 0; round < 60; ++round) {
    for (Bytes bytes : {jpg, webp, mp3, mp4}) {
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
    }
  }
  EXPECT_EQ(decoder.stats().crashes, 0u);
}

TEST(IsolatedDecoder, ACrashCostsOneUpload) {
  const IsolatedDecoder decoder = start();
  for (const char* command : {"crash", "abort"}) {
    const auto picture = decoder.load_picture(bytes_of(command));
    ASSERT_FALSE(picture);
    EXPECT_EQ(picture.error().code(), ErrorCode::bad_input);
    EXPECT_NE(picture.error().message().find("crashed"), std::string::npos);
    expect_well(decoder);
  }
  EXPECT_EQ(decoder.stats().crashes, 2u);
  EXPECT_EQ(decoder.stats().starts, size_t(decoder.workers()) + 2);
  EXPECT_EQ(decoder.process_ids().size(), size_t(decoder.workers()));
}

TEST(IsolatedDecoder, KilledWhileIdleCostsNothing) {
  const IsolatedDecoder decoder = start();
  const size_t count = decoder.process_ids().size();
  const auto kill_idle = [&] {
    const auto ids = decoder.process_ids();
    for (const int id : ids) {
      kill(id, SIGKILL);
      siginfo_t died;  // it is dead now, and who collects it is the decoder
      waitid(P_PID, id_t(id), &died, WEXITED | WNOWAIT);
    }
    return ids;
  };
  const auto before = kill_idle();
  expect_well(decoder);
  // And without an upload, too: they are collected and replaced, so that none is left a zombie.
  const auto wait_for_starts = [&](size_t starts) {
    while (decoder.stats().starts < starts || decoder.process_ids().size() < count) usleep(10'000);
  };
  wait_for_starts(2 * count);
  kill_idle();
  wait_for_starts(3 * count);
  for (const int id : before) EXPECT_NE(kill(id, 0), 0) << "a zombie";
  EXPECT_EQ(decoder.stats().crashes, 0u);
}

TEST(IsolatedDecoder, KilledWhileDecodingCostsOneUpload) {
  const IsolatedDecoder decoder = start({.workers = 1});
  const int id = decoder.process_ids().at(0);
  std::thread killer([id] {
    usleep(100'000);
    kill(id, SIGKILL);
  });
  const auto picture = decoder.load_picture(bytes_of("spin"));
  killer.join();
  ASSERT_FALSE(picture);
  EXPECT_EQ(picture.error().code(), ErrorCode::bad_input);
  expect_well(decoder);
  EXPECT_NE(decoder.process_ids().at(0), id);
}

TEST(IsolatedDecoder, AHangingDecoderIsKilled) {
  const IsolatedDecoder decoder = start({.workers = 1, .seconds = 0.4});
  for (const char* command : {"hang", "spin"}) {
    const auto picture = decoder.load_picture(bytes_of(command));
    ASSERT_FALSE(picture);
    EXPECT_EQ(picture.error().code(), ErrorCode::bad_input);
    EXPECT_NE(picture.error().message().find("too long"), std::string::npos);
    expect_well(decoder);
  }
  EXPECT_EQ(decoder.stats().timeouts, 2u);
}

TEST(IsolatedDecoder, ProcessorTimeIsLimited) {
  const IsolatedDecoder decoder = start({.workers = 1, .processor_seconds = 0.1, .seconds = 60});
  const auto picture = decoder.load_picture(bytes_of("spin"));
  ASSERT_FALSE(picture);
  EXPECT_EQ(decoder.stats().crashes, 1u);  // and not the timeout after a minute
  expect_well(decoder);
}

TEST(IsolatedDecoder, MemoryIsLimited) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer needs terabytes of address space";
#endif
  const IsolatedDecoder decoder = start({.workers = 1, .memory_bytes = size_t(1) << 30});
  const auto picture = decoder.load_picture(bytes_of("grow"));
  ASSERT_FALSE(picture);
  EXPECT_EQ(picture.error().code(), ErrorCode::no_memory);
  EXPECT_NE(picture.error().message().find("more memory"), std::string::npos);
  expect_well(decoder);
  EXPECT_EQ(decoder.stats().crashes, 0u);  // the worker said so itself
}

// The picture is good and the machine is short of memory: that is not the picture's fault.
TEST(IsolatedDecoder, AGoodPictureThatFindsNoMemoryIsNotCalledDamaged) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer needs terabytes of address space";
#endif
  const Bytes large = *encode_picture(scene(4000, 3000, 3), "png");
  bool short_once = false;
  // Below some size not even FFmpeg's own start has room; above some there is enough.
  for (size_t mebibytes = 104; mebibytes <= 640; mebibytes += 8) {
    const IsolatedDecoder decoder = start({.workers = 1, .memory_bytes = mebibytes << 20});
    const auto picture = decoder.load_picture(large);
    if (picture) break;
    if (decoder.stats().crashes > 0) continue;
    EXPECT_EQ(picture.error().code(), ErrorCode::no_memory) << picture.error().message();
    short_once = true;
  }
  EXPECT_TRUE(short_once);
}

TEST(IsolatedDecoder, AnotherThreadStopsWhatDecodesAndWhatWaits) {
  const IsolatedDecoder decoder = start({.workers = 1, .seconds = 60});
  DecodeStop stop;
  std::vector<ErrorCode> codes(3, ErrorCode::usage);
  std::vector<std::thread> threads;
  for (ErrorCode& code : codes)
    threads.emplace_back([&] {
      const auto picture =
          decoder.load_picture(bytes_of("spin"), {}, Transparency::over_white, {.stop = &stop});
      if (!picture) code = picture.error().code();
    });
  while (!decoder.process_ids().empty()) usleep(1000);  // until one of them has the worker
  stop.request();
  for (std::thread& thread : threads) thread.join();
  for (const ErrorCode code : codes) EXPECT_EQ(code, ErrorCode::cancelled);
  EXPECT_EQ(decoder.stats().crashes + decoder.stats().timeouts, 0u);
  expect_well(decoder);
}

TEST(IsolatedDecoder, WorkersYieldAndCannotIgnoreTheirLimit) {
  const IsolatedDecoder decoder = start({.workers = 1});
  expect_well(decoder);
  const int id = decoder.process_ids().at(0);
  EXPECT_EQ(getpriority(PRIO_PROCESS, id_t(id)), std::min(getpriority(PRIO_PROCESS, 0) + 10, 19));
  rlimit processor = {};
  ASSERT_EQ(prlimit(id, RLIMIT_CPU, nullptr, &processor), 0);
  EXPECT_NE(processor.rlim_max, RLIM_INFINITY);
  EXPECT_LT(processor.rlim_cur, processor.rlim_max);
}

TEST(IsolatedDecoder, ResultsBeyondTheLimitsAreRefused) {
  const IsolatedDecoder decoder = start({.workers = 1});
  const auto picture = decoder.load_picture(bytes_of("wide"));
  ASSERT_FALSE(picture);
  EXPECT_EQ(picture.error().code(), ErrorCode::failed);
  EXPECT_EQ(decoder.stats().crashes, 1u);
  expect_well(decoder);
}

TEST(IsolatedDecoder, NothingCanBeReachedFromInside) {
  const IsolatedDecoder decoder = start();
  const auto picture = decoder.load_picture(bytes_of("break out"));
  ASSERT_FALSE(picture);
  EXPECT_EQ(picture.error().message(), "it got nothing");
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

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "media-worker") return tutti::serve_media(0);
  if (command == "misbehaving-worker") {
    tutti::MediaDecoders decoders = tutti::MediaDecoders::real();
    decoders.picture = tutti::obey;
    return tutti::serve_media(0, decoders);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
