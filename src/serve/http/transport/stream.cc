#include "serve/http/transport/stream.h"

#include <poll.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
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
  // Two pieces go out in one packet where they fit into one.
  void write(std::span<const net::const_buffer> pieces, Done done) override {
    if (pieces.size() == 1)
      return net::async_write(socket_, net::const_buffer(pieces[0]), std::move(done));
    net::async_write(socket_, std::vector(pieces.begin(), pieces.end()), std::move(done));
  }
};

}  // namespace

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
