// One WebSocket, after the upgrade.
//
//   router.add_websocket("/echo", [](const Request&, std::shared_ptr<WebSocket> socket) {
//     socket->on_message([socket = std::weak_ptr(socket)](std::string message, bool) {
//       if (const auto open = socket.lock()) open->send(std::move(message));
//     });
//   });
//
// The server keeps a socket alive until it is closed. Thread-safe. Listeners are set within the
// handler; messages come one after another on a worker, the next one only when the listener has
// returned, so a client that sends faster is slowed down by TCP. Bytes on their way in and out are
// charged to the account of the request that the socket came from; what a listener keeps, it
// charges there itself.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace tutti {

class WebSocket {
 public:
  virtual ~WebSocket() = default;

  virtual void on_message(std::function<void(std::string message, bool binary)> listener) = 0;
  virtual void on_close(std::function<void()> listener) = 0;  // once, whoever closed it

  // Within the listener: the next message waits until what this returns has been dropped too. For
  // work that goes on elsewhere.
  virtual std::shared_ptr<void> hold() = 0;

  // Never blocks. What a client does not read is kept up to 16 MB, then the socket is cut.
  virtual void send(std::string text) = 0;
  virtual void send_binary(std::string bytes) = 0;
  virtual void close(int code = 1000, std::string reason = {}) = 0;
};

}  // namespace tutti
