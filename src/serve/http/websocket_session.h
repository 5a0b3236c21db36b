// The WebSocket behind websocket.h. Private to src/serve/http/.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <string>

#include "serve/http/core.h"
#include "serve/http/transport/stream.h"
#include "serve/http/websocket.h"

namespace tutti {

using BeastRequest = boost::beast::http::request<boost::beast::http::string_body>;

// A WebSocket as the server sees it; on the I/O thread but for open().
class OpenWebSocket : public WebSocket, public Holder {
 public:
  // Sends 101 and reads messages until it is closed. From any thread.
  virtual void open(std::shared_ptr<const BeastRequest> request) noexcept = 0;
  virtual void abort() noexcept = 0;  // cuts the connection
  virtual void sweep(Clock::time_point now) = 0;
  virtual const std::string& owner() const = 0;  // whose turns its messages take
};

struct WebSocketOptions {
  size_t most_message_bytes = 0;
  std::string owner;
  std::string id;  // of the request that it came from
  Charge session;  // what is held for it anyway; more goes to the same account
};

std::shared_ptr<OpenWebSocket> make_websocket(std::shared_ptr<Stream> stream,
                                              std::shared_ptr<Core> core, WebSocketOptions options);

}  // namespace tutti
