// Test helper: a server with small limits, and what every test of hostile clients asks of it.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <new>
#include <optional>
#include <stdexcept>
#include <thread>

#include "serve/http/server.h"
#include "serve/http/websocket.h"
#include "tests/helpers/test_client.h"

namespace tutti {

class HostileTest : public testing::Test {
 protected:
  // Nobody is cut for being slow, as on a busy machine anybody is, but where that is what is
  // tested.
  static constexpr double kSoon = 0.5;
  void start(HttpOptions options = {}, double slow_seconds = 600) {
    options.port = 0;
    options.limits.header_seconds = slow_seconds;
    options.limits.slow_seconds = slow_seconds;
    options.limits.bytes_per_second = 1 << 20;
    Router router;
    router.add("GET", "/hello", [](const Request&, const ReplyPtr& reply) {
      reply->send(200, "text/plain", "hello");
    });
    router.add("POST", "/size",
               [](const Request& request, const ReplyPtr& reply) {
                 reply->send(200, "text/plain", std::to_string(request.body.size()));
               },
               {.most_bytes = 100'000});
    router.add("POST", "/upload",
               [](const Request& request, const ReplyPtr& reply) {
                 reply->send(200, "text/plain", std::to_string(request.body.size()));
               },
               {.most_bytes = 4 << 20});
    router.add("GET", "/whole", [](const Request&, const ReplyPtr& reply) {
      reply->send(200, "text/plain", std::string(2 << 20, 'x'));
    });
    router.add("GET", "/throw/{what}", [](const Request& request, const ReplyPtr&) {
      if (request.parameters.at("what") == "memory") throw std::bad_alloc();
      if (request.parameters.at("what") == "number") throw 7;
      throw std::runtime_error("on purpose");
    });
    router.add("GET", "/endless", [this](const Request&, const ReplyPtr& reply) {
      reply->begin(200, "text/plain");
      reply->on_gone([this] { ++gone_; });
      // Until the client is gone, so that there is somebody to be told of it: 64 MB a second at
      // most.
      for (int i = 0; i < 60'000 && !reply->gone(); ++i) {
        reply->write(std::string(1 << 16, 'x'));
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
    router.add_websocket(
        "/echo",
        [](const Request&, const std::shared_ptr<WebSocket>& socket) {
          socket->on_message([open = std::weak_ptr(socket)](std::string message, bool) {
            if (const auto live = open.lock()) live->send(std::move(message));
          });
        },
        {.most_bytes = 100'000});
    router.add_websocket("/swallow",
                         [](const Request&, const std::shared_ptr<WebSocket>& socket) {
                           socket->on_message([](const std::string&, bool) {});
                         },
                         {.most_bytes = 4 << 20});
    if (more_routes_) more_routes_(router);
    auto server = HttpServer::listen(std::move(router), std::move(options));
    ASSERT_TRUE(server) << server.error().message();
    server_.emplace(*std::move(server));
    port_ = server_->port();
    runner_ = std::thread([this] { server_->run(); });
  }
  void TearDown() override {
    if (!server_) return;
    server_->stop(0);
    runner_.join();
  }

  void expect_well() const {
    const TestAnswer answer = ask(port_, "GET", "/hello");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
  }
  // Waits for what must come soon; how soon is the machine's business: two minutes are not.
  template <class Condition>
  static bool comes(const Condition& condition) {
    for (int i = 0; i < 2400 && !condition(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return condition();
  }
  bool all_gone() const {
    return comes([this] { return server_->stats().connections == 0; });
  }
  bool nothing_held() const {
    return comes([this] { return server_->stats().body_bytes == 0; });
  }

  std::function<void(Router&)> more_routes_;
  std::optional<HttpServer> server_;
  std::thread runner_;
  int port_ = 0;
  std::atomic<int> gone_ = 0;
};

}  // namespace tutti
