// How often a picture is copied on its way from a client's socket to the model: counted, by the
// memory that is taken for it. Noise, so that its file is as large as its pixels. This program is
// also its own media worker.
#include <fstream>

#include "media/encode_picture.h"
#include "serve/media/serve_media.h"
#include "tests/helpers/handlers_fixture.h"
#include "tests/helpers/test_client.h"
#include "tests/helpers/test_media.h"

namespace {

// Of blocks that could hold a good part of the picture, but for the client's thread.
constexpr size_t kLarge = 1 << 20;
std::atomic<size_t> large_bytes = 0;
thread_local bool is_client = false;

}  // namespace

[[gnu::noinline]] void* operator new(size_t bytes) {
  if (bytes >= kLarge && !is_client) large_bytes += bytes;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace tutti {
namespace {

// What a process held at most, "VmHWM", or holds, "VmRSS"; bytes.
double memory_of(int process, const std::string& what) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(what)) return std::atof(line.c_str() + what.size() + 1) * 1024;
  return 0;
}

class PictureCopies : public Handlers {
 protected:
  PictureCopies() {
    auto listening = HttpServer::listen(std::move(router), {.port = 0});
    EXPECT_TRUE(listening);
    http.emplace(*std::move(listening));
    runner = std::thread([this] { http->run(); });
  }
  ~PictureCopies() override {
    http->stop(0);
    runner.join();
  }

  std::optional<HttpServer> http;
  std::thread runner;
};

TEST_F(PictureCopies, ThreeFromTheSocketToTheModel) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps books on memory";
#endif
  is_client = true;
  const auto file = *encode_picture(noise_picture(1900, 1900, 3), "png");
  const std::string url = "data:image/png;base64," + encode_base64(file);
  const std::string body =
      R"({"model":"model","messages":[{"role":"user","content":[{"type":"image_url",)"
      R"("image_url":{"url":")" +
      url + "\"}}]}]}";
  const int worker = decoder.process_ids().at(0);
  const double before = memory_of(worker, "VmRSS");
  large_bytes = 0;
  const TestAnswer answer = ask(http->port(), "POST", "/v1/chat/completions", body);
  ASSERT_EQ(answer.status, 200) << answer.body;

  // Here: the body, the text in its JSON, and the file, which is no copy but what the text says.
  const double base64 = double(url.size()), whole = double(file.size());
  EXPECT_NEAR(double(large_bytes) / base64, 2 + whole / base64, 0.1);
  // In the worker: the file, and the pixels, which are no copy either.
  const double held = memory_of(worker, "VmHWM") - before;
  EXPECT_GT(held, 1.5 * whole);
  EXPECT_LT(held, 2.6 * whole) << "the file and its pixels, and what the decoder needs besides";
}

}  // namespace
}  // namespace tutti

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "media-worker") return tutti::serve_media(0);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
