// A Stream as Beast has them, for WebSockets. Private to src/serve/http/.
//
// Beast's callbacks can be moved only, std::function wants to copy. What Beast throws in one of
// them, for want of memory most likely, closes the stream: whoever has it asks is_open().
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/guard.h"
#include "serve/http/transport/stream.h"

namespace tutti {

class BeastStream {
 public:
  using Error = boost::system::error_code;
  using executor_type = Stream::Socket::executor_type;

  explicit BeastStream(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}
  BeastStream(BeastStream&&) = default;
  ~BeastStream() { close(); }

  executor_type get_executor() { return stream_->get_executor(); }
  bool is_open() const { return stream_->is_open(); }
  void close() noexcept {
    if (stream_) stream_->close();
  }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    namespace net = boost::asio;
    auto into = net::buffer_sequence_begin(buffers);
    const auto end = net::buffer_sequence_end(buffers);
    while (into != end && net::mutable_buffer(*into).size() == 0) ++into;
    stream_->read_some(into == end ? net::mutable_buffer() : net::mutable_buffer(*into),
                       done(stream_, std::forward<Handler>(handler)));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    namespace net = boost::asio;
    std::array<net::const_buffer, 16> pieces;
    size_t count = 0;
    const auto end = net::buffer_sequence_end(buffers);
    for (auto piece = net::buffer_sequence_begin(buffers); piece != end; ++piece)
      if (count < pieces.size() && net::const_buffer(*piece).size() > 0) pieces[count++] = *piece;
    stream_->write({pieces.data(), std::max<size_t>(count, 1)},
                   done(stream_, std::forward<Handler>(handler)));
  }

  // After the closing frames: ends this side and reads on until the client has ended its own, or
  // the socket's time is over.
  template <class Handler>
  friend void async_teardown(boost::beast::role_type, BeastStream& stream, Handler&& handler) {
    stream.stream_->end_sending();
    drain(stream.stream_, done(stream.stream_, std::forward<Handler>(handler)));
  }
  friend void teardown(boost::beast::role_type, BeastStream& stream, Error&) { stream.close(); }
  friend void beast_close_socket(BeastStream& stream) { stream.close(); }

 private:
  template <class Handler>
  static Stream::Done done(std::shared_ptr<Stream> stream, Handler&& handler) {
    return [stream = std::move(stream),
            kept = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler))](
               Error error, size_t size) {
      auto once = std::move(*kept);
      const bool well = survives([&] {
        if constexpr (std::is_invocable_v<decltype(once)&, Error, size_t>)
          once(error, size);
        else
          once(error);
      });
      if (!well) stream->close();
    };
  }

  static void drain(const std::shared_ptr<Stream>& stream, const Stream::Done& done) {
    const auto buffer = std::make_shared<std::array<char, 1024>>();
    stream->read_some(boost::asio::buffer(*buffer), [stream, buffer, done](Error error, size_t) {
      if (!error && survives([&] { drain(stream, done); })) return;
      stream->close();
      done({}, 0);
    });
  }

  std::shared_ptr<Stream> stream_;
};

}  // namespace tutti
