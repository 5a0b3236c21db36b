// What tests of the handlers share: these alone, without connections, over a tiny model whose
// scheduler can be held.
#pragma once

#include <gtest/gtest.h>

#include <thread>

#include "media/encode_sound.h"
#include "serve/api/api.h"
#include "serve/api/uploads/data_url.h"
#include "tests/helpers/one_model.h"
#include "tests/helpers/scheduler_fixture.h"

namespace tutti {

inline int count(const std::string& text, const std::string& word) {
  int found = 0;
  for (size_t at = 0; (at = text.find(word, at)) != text.npos; ++at) ++found;
  return found;
}

// What a client would be sent.
class Page : public ReplySink {
 public:
  explicit Page(bool reads = true) : reads_(reads) {}
  void when_read(std::function<void()> work) override {
    if (reads_) ReplySink::when_read(std::move(work));
  }
  void start(Head head, std::string body) override {
    const std::lock_guard lock(mutex_);
    status_ = head.status;
    text_ = std::move(body);
    ended_ = head.whole;
    changed_.notify_all();
  }
  void more(std::string piece) override {
    const std::lock_guard lock(mutex_);
    text_ += piece;
    changed_.notify_all();
  }
  void finish(bool) override {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  // Everything, once the answer has ended.
  std::string wait(int status) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_; });
    EXPECT_EQ(status_, status) << text_.substr(0, 1000);
    return text_;
  }

 private:
  const bool reads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  int status_ = 0;
  bool ended_ = false;
};

// A second of noise, as a file.
inline std::string sound() {
  Rng rng(3);
  Sound noise;
  for (int i = 0; i < noise.sample_rate; ++i) noise.samples.push_back(float(rng.normal()) / 8);
  const auto bytes = encode_sound(noise, "flac");
  return {bytes->begin(), bytes->end()};
}

inline std::string base64(const std::string& bytes) {
  return encode_base64(bytes.data(), bytes.size());
}

class Handlers : public testing::Test {
 protected:
  Handlers() {
    api.add_routes(router);
    api.attach(server);
  }
  ~Handlers() override {
    gate.open();
    api.stop();
    scheduler.drain(0);
  }

  // Whatever is asked from now on waits until the gate opens.
  void hold() {
    const auto on_text = [this](const std::string&) {
      gate.wait();
      return true;
    };
    auto ticket =
        scheduler.text(scheduling::words(), scheduling::kTokens20, {on_text, {}}, "holder");
    ASSERT_TRUE(ticket);
    ticket->detach();
    gate.wait_for_entry();
  }
  void wait_until_it_waits() const {
    wait_until([this] { return scheduler.stats().waiting > 0; });
  }
  // What is held goes with the last of the threads that know of it.
  void expect_nothing_held() const {
    wait_until([this] { return account->held() == 0; });
  }

  // Asleep, since some tests look at the processor's time.
  template <class Condition>
  static void wait_until(const Condition& condition) {
    while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  std::shared_ptr<Page> post(const std::string& path, std::string body,
                             const std::string& type = "application/json",
                             std::shared_ptr<Page> page = std::make_shared<Page>()) {
    Request request;
    request.method = "POST";
    request.path = path;
    request.headers = {{"content-type", type}};
    request.body = std::move(body);
    request.owner = "a";
    request.account = account;
    const Router::Match match = router.find(request.method, request.path, false);
    const auto answer = std::make_shared<Reply>(page);
    reply = answer;
    match.route->handler(request, answer);
    return page;
  }

  const Account::Ptr account =
      std::make_shared<Account>("the test", size_t(64) << 20, ErrorCode::busy);
  std::weak_ptr<Reply> reply;  // of what was posted last
  scheduling::Gate gate;
  const Engine engine = scheduling::load();
  OneModel models{"model", scheduling::tiny_model()};
  scheduling::TestScheduler scheduler{engine, {.threads = 1}};
  const IsolatedDecoder decoder = *IsolatedDecoder::start({.workers = 1});
  Api api{models, scheduler, decoder, {}};
  Router router;
  HttpServer server = *HttpServer::listen({}, {.port = 0});
};

}  // namespace tutti
