// WebSockets for which there is no memory, wherever it is wanted: each ends and leaves nothing.
#include "serve/http/websocket_session.h"

#include <gtest/gtest.h>

#include <boost/asio/write.hpp>
#include <new>
#include <thread>
#include <vector>

#include "tests/helpers/test_client.h"

namespace tutti {
namespace {

namespace net = boost::asio;

// Has memory for that many calls.
class ScarceStream final : public Stream {
 public:
  ScarceStream(Socket socket, int reads, int writes)
      : Stream(std::move(socket)), reads_(reads), writes_(writes) {}
  void handshake(Done) override {}
  void read_some(net::mutable_buffer into, Done done) override {
    if (reads_-- <= 0) throw std::bad_alloc();
    socket_.async_read_some(into, std::move(done));
  }
  void write(std::span<const net::const_buffer> pieces, Done done) override {
    if (writes_-- <= 0) throw std::bad_alloc();
    net::async_write(socket_, std::vector(pieces.begin(), pieces.end()), std::move(done));
  }

 private:
  int reads_, writes_;
};

std::shared_ptr<const BeastRequest> handshake() {
  namespace http = boost::beast::http;
  BeastRequest request(http::verb::get, "/", 11);
  for (const auto& [name, value] : {std::pair("Host", "localhost"),
                                    {"Upgrade", "websocket"},
                                    {"Connection", "Upgrade"},
                                    {"Sec-WebSocket-Version", "13"},
                                    {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}})
    request.set(name, value);
  return std::make_shared<const BeastRequest>(std::move(request));
}

// A message that comes byte by byte, a long answer, and a close from both sides.
void talk(int reads, int writes) {
  const auto core = std::make_shared<Core>(Router(), HttpOptions());
  net::ip::tcp::acceptor acceptor(core->io, {net::ip::address_v4::loopback(), 0});
  const TestClient client(acceptor.local_endpoint().port());
  auto session = make_websocket(std::make_shared<ScarceStream>(acceptor.accept(), reads, writes),
                                core, {.most_message_bytes = 1000, .owner = "a", .id = "1"});
  const std::weak_ptr<OpenWebSocket> watched = session;
  std::atomic<int> told = 0;
  session->on_message([&watched](std::string, bool) {
    const auto open = watched.lock();
    if (!open) return;
    open->send_binary(std::string(10'000, 'x'));  // in frames of 4 KB
    open->close();
  });
  session->on_close([&told] { ++told; });
  core->sockets.insert(session);
  session->open(handshake());
  session.reset();
  const std::string hello("\x82\x85\0\0\0\0hello", 11), bye("\x88\x80\0\0\0\0", 6);
  std::string bytes = hello + bye;
  for (int i = 0; i < 10'000 && !(told == 1 && watched.expired()); ++i) {
    core->io.restart();
    core->io.poll();
    if (bytes.empty())
      client.end_sending();
    else if (client.send(bytes.substr(0, 1)))
      bytes.erase(0, 1);
    if (const auto open = watched.lock()) open->sweep(Clock::now());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(watched.expired()) << "something holds it";
  EXPECT_TRUE(core->sockets.empty());
}

TEST(WebSocketSession, EndsWhereverMemoryIsShort) {
  for (int reads = 0; reads < 24; ++reads) {
    SCOPED_TRACE("after " + std::to_string(reads) + " reads");
    talk(reads, 100);
  }
  for (int writes = 0; writes < 7; ++writes) {
    SCOPED_TRACE("after " + std::to_string(writes) + " writes");
    talk(100, writes);
  }
}

}  // namespace
}  // namespace tutti
