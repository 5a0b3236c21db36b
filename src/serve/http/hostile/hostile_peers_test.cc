// Clients that are many: of one key, of one address, or with little each. Others are answered
// meanwhile.
#include <condition_variable>
#include <mutex>
#include <vector>

#include "tests/helpers/hostile_server.h"

namespace tutti {
namespace {

constexpr size_t kMegabyte = 1 << 20;
constexpr int kGreedy = 2, kModest = 3;  // 127.0.0.2 and .3

const std::string kHello = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

bool said_hello(const TestAnswer& answer) {
  return answer.status == 200 && answer.body == "hello";
}

class HostilePeersTest : public HostileTest {
 protected:
  // With addresses of the loopback that are peers like any others.
  void start_with_peers(HttpOptions options = {}) {
    options.loopback_is_many = false;
    more_routes_ = [this](Router& router) {
      router.add("GET", "/gate", [this](const Request&, const ReplyPtr& reply) {
        pass();
        reply->send(200, "text/plain", "hello");
      });
      router.add("GET", "/silent", [this](const Request&, const ReplyPtr& reply) {
        reply->begin(200, "text/plain");
        reply->on_gone([this] { ++gone_; });
        const std::lock_guard lock(mutex_);
        replies_.push_back(reply);
      });
      router.add("GET", "/large", [](const Request&, const ReplyPtr& reply) {
        reply->send(200, "text/plain", std::string(8 * kMegabyte, 'x'));
      });
      // On the thread that moves the bytes.
      router.add("GET", "/held", [this](const Request&, const ReplyPtr&) { pass(); },
                 {.open = true, .quick = true});
      router.add("GET", "/order/{who}",
                 [this](const Request& request, const ReplyPtr& reply) {
                   const std::lock_guard lock(mutex_);
                   order_ += request.parameters.at("who");
                   reply->send(200, "text/plain", "hello");
                 },
                 {.quick = true});
      router.add_websocket("/gate",
                           [this](const Request&, const std::shared_ptr<WebSocket>& socket) {
                             socket->on_message([this](const std::string&, bool) { pass(); });
                           });
    };
    start(std::move(options));
  }
  void TearDown() override {
    open_gate();
    replies_.clear();
    HostileTest::TearDown();
  }

  void pass() {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.wait(lock, [this] { return open_; });
  }
  void open_gate() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  std::string order() {
    const std::lock_guard lock(mutex_);
    return order_;
  }
  bool somebody_is_inside() {
    return comes([this] { return inside_ > 0; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<int> inside_ = 0;
  bool open_ = false;
  std::vector<ReplyPtr> replies_;
  std::string order_;  // of those who asked /order/{who}
};

TestAnswer answer_of(TestClient& client) {
  return split_answer(client.receive([](const std::string& text) {
    return text.find("hello") != text.npos || text.find('}') != text.npos;
  }));
}

TEST_F(HostilePeersTest, MessagesOfManySocketsTakeNobodysPlace) {
  HttpOptions options;
  options.workers = 1;
  options.limits.most_waiting = 8;
  const std::string greedy = *options.keys.add("greedy"), modest = *options.keys.add("modest");
  start_with_peers(std::move(options));
  std::vector<TestClient> clients;
  for (int i = 0; i < 40; ++i) {
    clients.emplace_back(port_);
    clients[i].send(
        "GET /gate HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: "
        "Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
        "dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer " +
        greedy + "\r\n\r\n");
    clients[i].receive([](const std::string& text) { return text.find("\r\n\r\n") != text.npos; });
  }
  for (const TestClient& client : clients) client.send(std::string("\x81\x80\0\0\0\0", 6));
  EXPECT_TRUE(somebody_is_inside());
  // While a socket's message waits nothing more is read, and 64 KiB are held for it; else 65.
  EXPECT_TRUE(comes([this] { return server_->stats().body_bytes == 40 * (64 << 10); }))
      << server_->stats().body_bytes;
  TestClient client(port_);
  client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + modest +
              "\r\n\r\n");
  EXPECT_TRUE(comes([this] { return server_->stats().requests == 1; })) << "refused";
  open_gate();
  EXPECT_TRUE(said_hello(answer_of(client)));
}

TEST_F(HostilePeersTest, RequestsOfOneAddressTakeItsPlacesAlone) {
  HttpOptions options;
  options.workers = 1;
  options.limits.most_waiting = 8;
  start_with_peers(std::move(options));
  std::vector<TestClient> clients;
  const std::string gate = "GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (int i = 0; i < 40; ++i) {
    clients.emplace_back(port_, kGreedy);
    clients[i].send(gate);
    EXPECT_TRUE(somebody_is_inside());
  }
  int refused = 0;
  for (size_t i = 5; i < clients.size(); ++i) refused += answer_of(clients[i]).status == 429;
  EXPECT_EQ(refused, 35) << "one is inside and four wait";
  TestClient modest(port_, kModest);
  modest.send(gate);
  EXPECT_TRUE(comes([this] { return server_->stats().requests == 6; }));
  open_gate();
  EXPECT_TRUE(said_hello(answer_of(modest)));
}

// Whatever each of them sends of a body, together they send more than the server may hold.
TEST_F(HostilePeersTest, ManyUnfinishedBodiesKeepNobodyOut) {
  for (const size_t each : {200'000, 60'000, 14'000}) {
    HttpOptions options;
    options.limits.ledger.server = 8 * kMegabyte;
    start(std::move(options));
    std::vector<TestClient> clients;
    const std::string begin = "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000";
    const std::string small(8 << 10, 'x');
    for (size_t sent = 0; sent < 14 * kMegabyte; sent += each) {
      clients.emplace_back(port_);
      clients.back().send(begin + "\r\n\r\n" + std::string(each, 'x'));
      if (clients.size() % 8) continue;
      EXPECT_EQ(ask(port_, "POST", "/upload", small).body, "8192") << clients.size();
      EXPECT_LE(server_->stats().body_bytes, 8 * kMegabyte);
    }
    EXPECT_TRUE(comes([this] { return server_->stats().body_bytes < 7.5 * kMegabyte; }));
    clients.clear();
    EXPECT_TRUE(nothing_held());
    TearDown();
    server_.reset();
  }
}

TEST_F(HostilePeersTest, OneAddressHasAShareOfTheConnections) {
  HttpOptions options;
  options.limits.most_connections = 20;
  start_with_peers(std::move(options));
  std::vector<TestClient> clients;
  for (int i = 0; i < 60; ++i) clients.emplace_back(port_, kGreedy);
  expect_well();
  EXPECT_TRUE(comes([this] { return server_->stats().connections == 10; })) << "half of them";
  TestClient early(port_, kModest);
  for (int i = 0; i < 60; ++i) clients.emplace_back(port_, kGreedy);
  early.send(kHello);
  EXPECT_TRUE(said_hello(answer_of(early)));
}

TEST_F(HostilePeersTest, AtTheLimitWhoHasMostLosesTheSilentOnes) {
  HttpOptions options;
  options.limits.most_connections = 20;
  start_with_peers(std::move(options));
  TestClient early(port_, kModest), working(port_, kGreedy);
  working.send("GET /silent HTTP/1.1\r\nHost: localhost\r\n\r\n");
  working.receive([](const std::string& text) { return text.find("\r\n\r\n") != text.npos; });
  early.send(kHello);  // handled after the server knows that the head above was sent
  EXPECT_TRUE(said_hello(answer_of(early)));
  std::vector<TestClient> clients;
  for (int i = 0; i < 60; ++i) {
    clients.emplace_back(port_, kGreedy + i / 10 * 2);  // of six addresses
    if (i % 3 == 1) clients[i].send("GET /he");
    if (i % 3 == 2)
      clients[i].send("POST /size HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx");
  }
  TestClient late(port_, kModest);
  late.send(kHello);
  EXPECT_TRUE(said_hello(answer_of(late)));
  early.send(kHello);
  EXPECT_TRUE(said_hello(answer_of(early))) << "silent for longest, and not of the greedy one";
  EXPECT_EQ(server_->stats().connections, 20u);
  clients.front().receive_all();
  EXPECT_TRUE(clients.front().ended());
  EXPECT_EQ(gone_, 0) << "nobody's work was lost";
}

// They have ended for all but their clients, and are taken from them rather than from an address
// that has few connections.
TEST_F(HostilePeersTest, AnswersThatAreNotReadGiveWay) {
  HttpOptions options;
  options.limits.most_connections = 12;
  options.limits.ledger = {.server = 400 * kMegabyte};
  start_with_peers(std::move(options));
  TestClient upload(port_, kModest);
  upload.send("POST /size HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nx");
  std::vector<TestClient> clients;
  const auto ask_much = [&](int from) {
    clients.emplace_back(port_, from);
    clients.back().send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    clients.back().receive([](const std::string& text) { return text.size() > 1000; });
  };
  for (const int from : {4, 5, 6})
    for (int i = 0; i < 4; ++i) ask_much(from);
  EXPECT_GE(server_->stats().connections, 11u);
  for (int from = 10; from < 20; ++from) ask_much(from);
  upload.send("xxxx");
  EXPECT_EQ(split_answer(upload.receive([](const std::string& text) {
              return text.find("\r\n\r\n5") != text.npos;
            })).status,
            200);
  TestClient late(port_, kModest);
  late.send(kHello);
  EXPECT_TRUE(said_hello(answer_of(late)));
}

// Without keys, what an address sends is held up to a limit of its own.
TEST_F(HostilePeersTest, BodiesOfOneAddressAreLimitedTogether) {
  HttpOptions options;
  options.limits.ledger = {.server = 16 * kMegabyte, .key = 2 * kMegabyte};
  start_with_peers(std::move(options));
  const auto head = [](size_t bytes) {
    return "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(bytes) +
           "\r\n\r\n";
  };
  const std::string body(kMegabyte, 'x');
  TestClient first(port_, kGreedy), second(port_, kGreedy), other(port_, kModest);
  first.send(head(body.size() + 1) + body);
  EXPECT_TRUE(comes([this] { return server_->stats().body_bytes > kMegabyte; }));
  second.send(head(body.size()) + body);
  const TestAnswer refused = split_answer(second.receive_all());
  EXPECT_EQ(refused.status, 429);
  EXPECT_NE(refused.body.find("the address 127.0.0.2"), std::string::npos) << refused.body;
  other.send(head(body.size()) + body);
  EXPECT_EQ(split_answer(other.receive([&](const std::string& text) {
              return text.ends_with(std::to_string(body.size()));
            })).status,
            200);
}

// What of many requests, which have come while the thread that moves the bytes was held up, is
// handled first.
class TurnsOfBytesTest : public HostilePeersTest {
 protected:
  // `many` clients send five requests each, and then one more client its own. Returns how many of
  // theirs came before it.
  size_t before_one(const std::vector<TestClient>& many, const std::string& key_of_many,
                    const TestClient& one, const std::string& key_of_one) {
    const auto request = [](const std::string& path, const std::string& key) {
      return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key +
             "\r\n\r\n";
    };
    const std::string of_many = request("/order/m", key_of_many),
                      of_one = request("/order/1", key_of_one);
    for (const TestClient& client : many) client.send(of_many);
    one.send(of_one);
    EXPECT_TRUE(comes([&] { return order().size() == many.size() + 1; }));
    TestClient holding(port_);
    holding.send("GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_TRUE(somebody_is_inside());
    std::string five_times;
    for (int i = 0; i < 5; ++i) five_times += of_many;
    for (const TestClient& client : many) client.send(five_times);
    one.send(of_one);
    open_gate();
    EXPECT_TRUE(comes([&] { return order().size() == 6 * many.size() + 2; }));
    return order().rfind('1') - (many.size() + 1);
  }
};

TEST_F(TurnsOfBytesTest, ReadyConnectionsOfOneAddressHoldUpNobody) {
  start_with_peers();
  std::vector<TestClient> many;
  for (int i = 0; i < 50; ++i) many.emplace_back(port_, kGreedy);
  EXPECT_LT(before_one(many, "", TestClient(port_, kModest), ""), 10u);
}

// On the loopback, or behind a proxy, they all come from one address.
TEST_F(TurnsOfBytesTest, ReadyConnectionsOfOneKeyHoldUpNobody) {
  HttpOptions options;
  const std::string greedy = *options.keys.add("greedy"), modest = *options.keys.add("modest");
  start_with_peers(std::move(options));
  std::vector<TestClient> many;
  for (int i = 0; i < 50; ++i) many.emplace_back(port_);
  EXPECT_LT(before_one(many, greedy, TestClient(port_), modest), 10u);
}

TEST_F(HostilePeersTest, WhoSendsMuchAheadAndLeavesIsNoticed) {
  start_with_peers();
  TestClient client(port_);
  client.send("GET /silent HTTP/1.1\r\nHost: localhost\r\n\r\n" + std::string(100'000, 'x'));
  EXPECT_TRUE(comes([this] { return server_->stats().body_bytes >= 64 << 10; }));
  EXPECT_EQ(gone_, 0);
  client.end_sending();
  EXPECT_TRUE(comes([this] { return gone_ == 1; }));
  client.receive_all();
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(nothing_held());
}

TEST_F(HostilePeersTest, WhoSendsMuchAheadAndStaysIsAnswered) {
  start_with_peers();
  TestClient client(port_);
  client.send(
      "GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\nPOST /size HTTP/1.1\r\nHost: "
      "localhost\r\nContent-Length: 99999\r\n\r\n" +
      std::string(99'999, 'x'));
  EXPECT_TRUE(comes([this] { return server_->stats().body_bytes >= 64 << 10; }));
  // It is looked at each second, and so are WebSockets counted.
  TestClient counted(port_);
  counted.send(
      "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
      "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_TRUE(comes([this] { return server_->stats().websockets == 1; }));
  open_gate();
  const std::string both =
      client.receive([](const std::string& text) { return text.find("99999") != text.npos; });
  EXPECT_NE(both.find("hello"), both.npos);
  EXPECT_NE(both.find("99999"), both.npos);
}

}  // namespace
}  // namespace tutti
