// Bytes of one connection, plain or encrypted; the same to Connection. Private to src/serve/http/.
// All calls and callbacks are on the I/O thread; one read and one write at a time.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>

#include "serve/http/core.h"
#include "serve/http/websocket.h"

namespace tutti {

using BeastRequest = boost::beast::http::request<boost::beast::http::string_body>;

// A WebSocket as the server sees it.
class OpenWebSocket : public WebSocket, public Holder {
 public:
  // Sends 101 and reads messages until it is closed.
  virtual void open(const BeastRequest& request) = 0;
  virtual void abort() noexcept = 0;  // cuts the connection
  virtual void sweep(Clock::time_point now) = 0;
};

struct WebSocketOptions {
  size_t most_message_bytes = 0;
  std::string owner;  // whose turns its messages take
  std::string id;     // of the request that it came from
  Charge session;     // what is held for it anyway; more goes to the same account
};

class Transport {
 public:
  using Done = std::function<void(boost::system::error_code, size_t)>;

  virtual ~Transport() = default;
  virtual void handshake(Done done) = 0;
  virtual void read_some(char* into, size_t size, Done done) = 0;
  virtual void write(std::string_view bytes, Done done) = 0;  // all of them
  virtual void end_sending() = 0;
  virtual void close() = 0;
  // Hands the stream over; this transport is empty from then on.
  virtual std::shared_ptr<OpenWebSocket> upgrade(std::shared_ptr<Core> core,
                                                 WebSocketOptions options) = 0;
};

std::unique_ptr<Transport> plain_transport(boost::asio::ip::tcp::socket socket);
std::unique_ptr<Transport> tls_transport(boost::asio::ip::tcp::socket socket,
                                         boost::asio::ssl::context& context);

}  // namespace tutti
