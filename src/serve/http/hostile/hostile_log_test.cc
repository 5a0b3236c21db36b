// What the log says of requests, also of those that are malformed, cut or overdue.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <mutex>
#include <thread>

#include "tests/helpers/hostile_server.h"

namespace tutti {
namespace {

// What a log gets, once the server has ended.
class LogTest : public HostileTest {
 protected:
  void start_logging() {
    HttpOptions options;
    options.on_request = [this](const RequestRecord& record) {
      records_.push_back(record);
      if (record.path == slow_path_) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    };
    start(std::move(options));
  }
  int status(const std::string& path) const {
    TestClient client(port_);
    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return split_answer(client.receive_all()).status;
  }
  std::string slow_path_;  // whose records take long to write
  const std::vector<RequestRecord>& records() {
    if (server_) server_->stop(0);
    if (runner_.joinable()) runner_.join();
    server_.reset();
    return records_;
  }

 private:
  std::vector<RequestRecord> records_;
};

TEST_F(LogTest, MalformedHeadsAreThere) {
  start_logging();
  const std::string host = "Host: localhost\r\n";
  for (const std::string& head :
       {"GET /hello?key=secret HTTP/1.1\r\n" + host + "bad header\r\n\r\n",
        "GET /hello HTTP/1.1\r\n" + host + "a: " + std::string(40'000, 'a') + "\r\n\r\n",
        "GET /hello?%zz HTTP/1.1\r\n" + host + "\r\n",
        std::string("GET /hello HTTP/1.1\r\n\r\n")}) {
    TestClient client(port_);
    client.send(head);
    client.receive([](const std::string& text) { return text.find('}') != text.npos; });
  }
  ASSERT_EQ(records().size(), 4u);
  for (const RequestRecord& record : records()) {
    EXPECT_EQ(record.peer, "127.0.0.1");
    EXPECT_EQ(record.method, "GET");
    EXPECT_EQ(record.path, "/hello") << record.status;
  }
}

// A path is what was sent, not what it stands for: no line of the client's own.
TEST_F(LogTest, APathMakesNoLines) {
  start_logging();
  EXPECT_EQ(status("/%0a1.2.3.4%20GET%20/%1b[2J?key=secret"), 404);
  ASSERT_EQ(records().size(), 1u);
  EXPECT_EQ(records()[0].path, "/%0a1.2.3.4%20GET%20/%1b[2J");
}

TEST_F(LogTest, WhatIsCutIsThereAndSoAreWebSockets) {
  start_logging();
  TestClient cut(port_);
  cut.send("GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n");
  cut.receive([](const std::string& text) { return text.size() > 1000; });
  cut.close();
  TestClient half(port_);
  half.send("POST /size HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf");
  EXPECT_EQ(status("/hello"), 200);  // it has been read by then
  half.close();
  TestClient socket(port_);
  socket.send(
      "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  socket.receive([](const std::string& text) { return text.find("101") != text.npos; });
  EXPECT_TRUE(comes([this] { return gone_ == 1 && server_->stats().connections == 0; }));
  std::map<std::string, int> statuses;
  for (const RequestRecord& record : records())
    EXPECT_TRUE(statuses.emplace(record.path, record.status).second) << record.path << " twice";
  EXPECT_EQ(statuses, (std::map<std::string, int>{
                          {"/endless", 200}, {"/size", 0}, {"/hello", 200}, {"/echo", 101}}));
}

// What is overdue is cut once a second. Where that takes long, others are answered in between: here
// some 100 times, and 6 are enough, so that whoever asks may have little of the processor.
TEST_F(LogTest, ManyThatAreOverdueHoldUpNobody) {
  std::vector<ReplyPtr> replies;
  std::mutex replies_mutex;  // handlers run on the pool's threads
  more_routes_ = [&](Router& router) {
    router.add("GET", "/overdue",
               [&](const Request&, const ReplyPtr& reply) {
                 reply->begin(200, "text/plain");
                 const std::lock_guard lock(replies_mutex);
                 replies.push_back(reply);
               },
               {.most_seconds = 0});
  };
  slow_path_ = "/overdue";
  start_logging();
  std::vector<TestClient> clients;
  for (int i = 0; i < 200; ++i) clients.emplace_back(port_);
  EXPECT_TRUE(comes([this] { return server_->stats().connections == 200; }));
  for (const TestClient& client : clients)
    client.send("GET /overdue HTTP/1.1\r\nHost: localhost\r\n\r\n");
  TestClient other(port_);
  while (server_->stats().connections > 1) {
    other.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    other.receive([](const std::string& text) { return text.ends_with("hello"); });
  }
  other.close();
  size_t pauses = 0;
  for (size_t i = 1; i < records().size(); ++i)
    pauses += records()[i - 1].path == "/overdue" && records()[i].path == "/hello";
  EXPECT_GT(pauses, 5u) << "each tick makes one anyway";
  const std::lock_guard lock(replies_mutex);
  replies.clear();
}

}  // namespace
}  // namespace tutti
