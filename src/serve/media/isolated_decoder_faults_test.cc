// What happens when a decoder misbehaves. This program is also its own worker, whose decoders
// misbehave on command.
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <limits>
#include <thread>

#include "media/decode_picture.h"
#include "media/encode_picture.h"
#include "media/points/cloud_rows.h"
#include "serve/media/serve_media.h"
#include "tests/helpers/isolated_decoder_fixture.h"

namespace tutti {
namespace {

using namespace isolation;

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

Result<Rows> obey_cloud(const MediaInput& input, const MediaLimits& limits, UpAxis up) {
  const std::string command(input.bytes().begin(), input.bytes().end());
  if (command == "crash") std::abort();
  if (command != "few" && command != "endless") return real_decoders().cloud(input, limits, up);
  Rows rows = cloud_rows(std::vector<float>{0, 0, 0, 1, 2, 3}, 0);
  if (command == "endless") rows.values[7] = std::numeric_limits<float>::infinity();
  if (command == "few") {
    rows.values.resize(rows.values.size() / 2);
    rows.places.resize(rows.places.size() / 2);
  }
  return rows;
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
    auto ids = decoder.process_ids();
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

// By the time that every upload has, and by its own; the next one has a minute, on any machine.
TEST(IsolatedDecoder, AHangingDecoderIsKilled) {
  for (const bool every : {true, false}) {
    const IsolatedDecoder decoder = start({.workers = 1, .seconds = every ? 0.4 : 60});
    for (const char* command : {"hang", "spin"}) {
      const auto picture = decoder.load_picture(bytes_of(command), {}, Transparency::over_white,
                                                {.seconds = every ? 60 : 0.4});
      ASSERT_FALSE(picture);
      EXPECT_EQ(picture.error().code(), ErrorCode::bad_input);
      EXPECT_NE(picture.error().message().find("too long"), std::string::npos);
      if (!every) expect_well(decoder);
    }
    EXPECT_EQ(decoder.stats().timeouts, 2u);
  }
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
  for (size_t mebibytes = 104; mebibytes <= 640; mebibytes += 32) {
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

// A server of its own, killed while its worker computes.
TEST(IsolatedDecoder, AWorkerEndsWithItsServer) {
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);  // the worker becomes this process's child then
  int channel[2];
  ASSERT_EQ(pipe(channel), 0);
  const pid_t server = fork();
  if (server == 0) {
    const IsolatedDecoder decoder = start({.workers = 1, .processor_seconds = 60, .seconds = 600});
    const int id = decoder.process_ids().at(0);
    if (write(channel[1], &id, sizeof id) != sizeof id) _exit(1);
    (void)decoder.load_picture(bytes_of("spin"));
    _exit(0);
  }
  int worker = 0, status = 0;
  ASSERT_EQ(read(channel[0], &worker, sizeof worker), ssize_t(sizeof worker));
  clockid_t clock;
  ASSERT_EQ(clock_getcpuclockid(worker, &clock), 0);
  const auto used = [&] {
    timespec now = {};
    clock_gettime(clock, &now);
    return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
  };
  for (const double before = used(); used() < before + 0.1;) usleep(1000);  // until it computes
  kill(server, SIGKILL);
  ASSERT_EQ(waitpid(server, &status, 0), server);
  ASSERT_EQ(waitpid(worker, &status, 0), worker);
  EXPECT_TRUE(WIFEXITED(status)) << "it ran into its limit";
  for (const int end : channel) close(end);
}

TEST(IsolatedDecoder, WorkersYieldAndCannotIgnoreTheirLimit) {
  const IsolatedDecoder decoder = start({.workers = 1});
  expect_well(decoder);
  const int id = decoder.process_ids().at(0);
  EXPECT_EQ(getpriority(PRIO_PROCESS, id_t(id)), std::min(getpriority(PRIO_PROCESS, 0) + 5, 19));
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

// Of another number of rows, with a number that is none, and none at all.
TEST(IsolatedDecoder, CloudsThatWereNotAskedForAreRefused) {
  const IsolatedDecoder decoder = start({.workers = 1});
  uint64_t crashes = 0;
  for (const char* command : {"few", "endless", "crash"}) {
    const auto rows = decoder.load_cloud(bytes_of(command));
    ASSERT_FALSE(rows) << command;
    EXPECT_EQ(rows.error().code(),
              std::string(command) == "crash" ? ErrorCode::bad_input : ErrorCode::failed)
        << command;
    crashes += std::string(command) != "endless";
    EXPECT_EQ(decoder.stats().crashes, crashes) << command;
    expect_well(decoder);
  }
}

TEST(IsolatedDecoder, NothingCanBeReachedFromInside) {
  const IsolatedDecoder decoder = start();
  const auto picture = decoder.load_picture(bytes_of("break out"));
  ASSERT_FALSE(picture);
  EXPECT_EQ(picture.error().message(), "it got nothing");
}

}  // namespace
}  // namespace tutti

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "media-worker") return tutti::serve_media(0);
  if (command == "misbehaving-worker") {
    tutti::MediaDecoders decoders = tutti::real_decoders();
    decoders.picture = tutti::obey;
    decoders.cloud = tutti::obey_cloud;
    return tutti::serve_media(0, decoders);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
