// Clients that make the server hold as much as they can: what is held stays below the limit,
// whoever holds most is cut, and others are answered meanwhile.
#include <future>
#include <set>
#include <vector>

#include "tests/helpers/hostile_server.h"

namespace tutti {
namespace {

constexpr size_t kMegabyte = 1 << 20;

class HostileMemoryTest : public HostileTest {
 protected:
  // Room for four megabytes, three of a connection.
  void start_small() {
    HttpOptions options;
    options.limits.ledger = {
        .server = 4 * kMegabyte, .key = 4 * kMegabyte, .connection = 3 * kMegabyte};
    start(std::move(options));
  }
  void expect_bounded() const { EXPECT_LE(server_->stats().body_bytes, 4 * kMegabyte); }
};

const std::string kPost = "POST /upload HTTP/1.1\r\nHost: localhost\r\n";

TEST_F(HostileMemoryTest, EndlessChunkFramingIsRefused) {
  start();
  const std::string chunked = kPost + "Transfer-Encoding: chunked\r\n\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {chunked + "1;", std::string(1000, 'a')},                  // an extension
      {chunked + "1\r\nx\r\n0\r\nX: ", std::string(1000, 'a')},  // a trailer
      {chunked + "1\r\nx\r\n0\r\n", "X-A: yyyyyyyyyyyyyyyyyyyyyyyyyy\r\n"},
      {chunked, "1;abcdefghijklmnop\r\nx\r\n"},
  };
  for (const auto& [begin, piece] : cases) {
    TestClient client(port_);
    ASSERT_TRUE(client.send(begin));
    for (int i = 0; i < 2000 && client.send(piece); ++i) continue;
    const TestAnswer answer = split_answer(client.receive_all());
    EXPECT_EQ(answer.status, 413) << piece;
    EXPECT_NE(answer.body.find("4096 bytes"), std::string::npos) << answer.body;
    expect_bounded();
  }
  EXPECT_TRUE(all_gone());
  EXPECT_TRUE(nothing_held());
  expect_well();
}

TEST_F(HostileMemoryTest, ManyHeadersAreRefused) {
  start();
  std::string head = "GET /hello HTTP/1.1\r\nHost: localhost\r\n";
  for (int i = 0; i < 150; ++i) head += "a:\r\n";
  TestClient client(port_);
  client.send(head + "\r\n");
  EXPECT_EQ(split_answer(client.receive([](const std::string& text) {
              return text.find("headers accepted") != text.npos;
            })).status,
            431);
}

TEST_F(HostileMemoryTest, TheLargestUnfinishedBodyIsCut) {
  start_small();
  std::vector<TestClient> clients;
  for (int i = 0; i < 12; ++i) {
    clients.emplace_back(port_);
    clients[i].send(kPost + "Content-Length: 1500000\r\n\r\n" + std::string(kMegabyte, 'x'));
    expect_bounded();
    expect_well();
  }
  std::vector<std::string> told(clients.size());
  const auto eight_are_cut = [&] {
    int cut = 0;
    for (size_t i = 0; i < clients.size(); ++i) {
      if (told[i].find('}') == std::string::npos) told[i] += clients[i].receive_all(10);
      cut += told[i].find('}') != std::string::npos;
    }
    return cut >= 8;
  };
  EXPECT_TRUE(comes(eight_are_cut)) << "of 12 there is room for 4 at most";
  for (const std::string& answer : told)
    EXPECT_TRUE(answer.empty() || split_answer(answer).status == 429) << answer;
  clients.clear();
  EXPECT_TRUE(nothing_held());
}

TEST_F(HostileMemoryTest, ABodyMayBeAsLargeAsItsRoute) {
  start_small();
  EXPECT_EQ(ask(port_, "POST", "/upload", std::string(5 * kMegabyte / 2, 'x')).body,
            std::to_string(5 * kMegabyte / 2));
  const TestAnswer more = ask(port_, "POST", "/upload", std::string(7 * kMegabyte / 2, 'x'));
  EXPECT_EQ(more.status, 413) << "more than a connection may hold";
  EXPECT_NE(more.body.find("this connection"), std::string::npos) << more.body;
  EXPECT_TRUE(nothing_held());
}

TEST_F(HostileMemoryTest, AnswersThatAreNotReadAreBounded) {
  start_small();
  std::vector<TestClient> clients;
  for (int i = 0; i < 12; ++i) {
    clients.emplace_back(port_);
    clients[i].send("GET /whole HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_TRUE(comes([&] { return server_->stats().requests == 0; }));
    expect_bounded();
  }
  expect_well();
  clients.clear();
  EXPECT_TRUE(nothing_held());
  EXPECT_EQ(ask(port_, "GET", "/whole").body.size(), 2 * kMegabyte);
}

TEST_F(HostileMemoryTest, PipelinedBytesAreGivenBack) {
  start();
  TestClient client(port_);
  std::string many;
  for (int i = 0; i < 200; ++i) many += "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
  client.send(many);
  size_t answers = 0;
  client.receive([&](const std::string& text) {
    answers = 0;
    for (size_t at = 0; (at = text.find("200 OK", at)) != text.npos; ++at) ++answers;
    return answers == 200;
  });
  EXPECT_EQ(answers, 200u);
  EXPECT_TRUE(nothing_held());
}

TEST_F(HostileMemoryTest, WhatAHandlerThrowsIsAnswered) {
  more_routes_ = [](Router& router) {
    router.add("GET", "/drop", [](const Request&, const ReplyPtr&) {});
  };
  start();
  const TestAnswer dropped = ask(port_, "GET", "/drop");
  EXPECT_EQ(dropped.status, 503);
  EXPECT_NE(dropped.head.find("Retry-After"), std::string::npos);
  EXPECT_EQ(ask(port_, "GET", "/throw/memory").status, 503);
  EXPECT_EQ(ask(port_, "GET", "/throw/number").status, 500);
  const TestAnswer said = ask(port_, "GET", "/throw/exception");
  EXPECT_EQ(said.status, 500);
  EXPECT_NE(said.body.find("on purpose"), std::string::npos);
  expect_well();
}

TEST_F(HostileMemoryTest, EveryAnswerHasAnIdOfItsOwn) {
  start();
  std::set<std::string> ids;
  for (const char* path : {"/hello", "/hello", "/nowhere", "/throw/number"}) {
    const std::string head = ask(port_, "GET", path).head;
    const size_t at = head.find("X-Request-Id: req_");
    ASSERT_NE(at, std::string::npos) << head;
    ids.insert(head.substr(at, head.find('\r', at) - at));
  }
  EXPECT_EQ(ids.size(), 4u);
}

// Handlers with much to read have threads of their own.
TEST_F(HostileMemoryTest, LargeBodiesHoldUpNobody) {
  HttpOptions options;
  options.workers = 1;
  std::promise<void> open;
  const std::shared_future<void> opened = open.get_future().share();
  more_routes_ = [opened](Router& router) {
    router.add("POST", "/slow",
               [opened](const Request&, const ReplyPtr& reply) {
                 opened.wait();
                 reply->send(200, "text/plain", "done");
               },
               {.most_bytes = 1 << 20});
  };
  start(std::move(options));
  std::vector<TestClient> clients;
  for (int i = 0; i < 6; ++i) {
    clients.emplace_back(port_);
    clients[i].send("POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n\r\n" +
                    std::string(500'000, 'x'));
  }
  EXPECT_TRUE(comes([&] { return server_->stats().requests == 6; }));
  expect_well();
  open.set_value();
  for (TestClient& client : clients)
    EXPECT_EQ(split_answer(client.receive([](const std::string& text) {
                return text.find("done") != text.npos;
              })).status,
              200);
}

}  // namespace
}  // namespace tutti
