// Any bytes from a client whose WebSocket is open: its messages are within the limit, texts among
// them are UTF-8, and when the client has gone the socket is closed once and heard no more.
//
// Input: frames as they are on the wire. The seeds' masks are 0, so that mutations reach the text.
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <cstdlib>

#include "base/utf8.h"
#include "fuzz_target.h"
#include "serve/http/websocket_session.h"

namespace {

using namespace tutti;

constexpr size_t kMostMessageBytes = 1000;

std::string frame(int head, const std::string& body) {
  return std::string{char(head), char(0x80 | body.size())} + std::string(4, '\0') + body;
}

BeastRequest upgrade_request() {
  BeastRequest request(boost::beast::http::verb::get, "/echo", 11);
  request.set("Host", "localhost");
  request.set("Upgrade", "websocket");
  request.set("Connection", "Upgrade");
  request.set("Sec-WebSocket-Version", "13");
  request.set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  return request;
}

// An echo, as long as it is open.
void listen(const std::shared_ptr<WebSocket>& socket, Core& core, int& closed) {
  socket->on_message([socket = std::weak_ptr(socket), &closed](std::string message, bool binary) {
    if (closed || message.size() > kMostMessageBytes) std::abort();
    if (!binary && invalid_utf8_at(message)) std::abort();
    if (const auto open = socket.lock()) open->send(std::move(message));
  });
  socket->on_close([&core, &closed] {
    ++closed;
    core.io.stop();
  });
}

}  // namespace

void tutti::Core::relieve() {}  // nobody else is there who could hold anything

std::vector<std::string> fuzz_seeds() {
  const std::string text = frame(0x81, "hello"), ping = frame(0x89, "?"),
                    close = frame(0x88, "\x03\xe8");
  return {
      text + ping + close,
      frame(0x01, "h\xc3") + ping + frame(0x80, "\xa9"),  // a text in two pieces, cut in a letter
      frame(0x82, std::string(100, '\xff')) + frame(0x8a, "") + text,
      std::string("\x82\xfe\x01\x00\0\0\0\0", 8) + std::string(256, 'x') + close,
      std::string("\x82\xff\0\0\0\0\0\0\x10\x00\0\0\0\0", 14) + std::string(4096, 'x'),
      text + frame(0x88, "")};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto core = std::make_shared<Core>(Router(), HttpOptions{.workers = 1});
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) std::abort();
  Stream::Socket server(core->io);
  server.assign(boost::asio::ip::tcp::v4(), ends[0]);
  // What does not fit its buffer is cut off.
  [[maybe_unused]] const ssize_t sent = send(ends[1], data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  shutdown(ends[1], SHUT_WR);

  int closed = 0;
  core->io.restart();
  const auto guard = boost::asio::make_work_guard(core->io);  // while a worker has a message
  {
    const auto session =
        make_websocket(plain_stream(std::move(server)), core,
                       {kMostMessageBytes, "client", "req_1", Charge(core->ledger.connection())});
    core->sockets.insert(session);
    listen(session, *core, closed);
    session->open(std::make_shared<const BeastRequest>(upgrade_request()));
  }
  core->io.run();
  core->io.restart();
  core->io.poll();  // timers of the closed socket
  close(ends[1]);
  if (closed != 1 || !core->sockets.empty()) std::abort();
  return 0;
}
