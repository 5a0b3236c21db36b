#include "serve/http/transport/stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <vector>

namespace tutti {
namespace {

namespace net = boost::asio;

class PlainStream final : public Stream {
 public:
  using Stream::Stream;

  void handshake(Done done) override {
    net::post(get_executor(), [done = std::move(done)] { done({}, 0); });
  }
  void read_some(net::mutable_buffer into, Done done) override {
    socket_.async_read_some(into, std::move(done));
  }
  bool can_read_now() const override { return true; }
  // Two pieces go out in one packet where they fit into one.
  void write(std::span<const net::const_buffer> pieces, Done done) override {
    if (pieces.size() == 1)
      return net::async_write(socket_, net::const_buffer(pieces[0]), std::move(done));
    net::async_write(socket_, std::vector(pieces.begin(), pieces.end()), std::move(done));
  }
};

}  // namespace

void Stream::wait(Done done) {
  socket_.async_wait(Socket::wait_read, [done = std::move(done)](Error error) { done(error, 0); });
}

// recv() rather than Asio's: that would wait where nothing is there after all.
size_t Stream::read_now(net::mutable_buffer into, Error& error) {
  const ssize_t got = recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
  error = got > 0    ? Error()
          : got == 0 ? Error(net::error::eof)
                     : Error(errno, boost::system::system_category());
  return got > 0 ? size_t(got) : 0;
}

void Stream::end_sending() noexcept {
  Error ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Stream::close() noexcept {
  Error ignored;
  socket_.close(ignored);
}

void Stream::reset() noexcept {
  Error ignored;
  socket_.set_option(net::socket_base::linger(true, 0), ignored);
  close();
}

bool Stream::has_left() noexcept {
  pollfd ready = {socket_.native_handle(), POLLRDHUP, 0};
  return poll(&ready, 1, 0) > 0;  // for errors and resets, too
}

std::shared_ptr<Stream> plain_stream(Stream::Socket socket) {
  return std::make_shared<PlainStream>(std::move(socket));
}

}  // namespace tutti
