// The bytes of one connection, plain or encrypted: one type for all that is above it, so that HTTP
// and WebSockets are compiled once. Private to src/serve/http/.
//
// All calls and callbacks are on the I/O thread; one read and one write at a time. `done` never
// comes within the call, and comes exactly once: after close() too, with an error.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <span>

namespace tutti {

class Stream : public std::enable_shared_from_this<Stream> {
 public:
  using Error = boost::system::error_code;
  using Socket = boost::asio::ip::tcp::socket;
  using Done = std::function<void(Error, size_t)>;

  explicit Stream(Socket socket) : socket_(std::move(socket)) {}
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  virtual void handshake(Done done) = 0;
  virtual void read_some(boost::asio::mutable_buffer into, Done done) = 0;
  // Where bytes can be read right into their place once they are there: wait(), then read_now(),
  // which reads what there is. An encrypted stream cannot.
  virtual bool can_read_now() const { return false; }
  void wait(Done done);
  size_t read_now(boost::asio::mutable_buffer into, Error& error);
  // All of them. What they point to must stay; the list itself need not.
  virtual void write(std::span<const boost::asio::const_buffer> pieces, Done done) = 0;
  virtual void end_sending() noexcept;  // the client sees the end behind what was written

  void close() noexcept;
  // So that the client takes what came for no whole answer: it sees a reset, not an end.
  void reset() noexcept;
  bool is_open() const { return socket_.is_open(); }
  // Whether the client has ended its side or is gone, as far as that is known without reading.
  bool has_left() noexcept;
  Socket::executor_type get_executor() { return socket_.get_executor(); }

 protected:
  Socket socket_;
};

std::shared_ptr<Stream> plain_stream(Stream::Socket socket);

}  // namespace tutti
