#include "serve/http/transport.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "serve/http/websocket_session.h"

namespace tutti {
namespace {

namespace net = boost::asio;
using tcp = net::ip::tcp;
using PlainStream = tcp::socket;
using TlsStream = net::ssl::stream<tcp::socket>;

template <class Stream>
class StreamTransport final : public Transport {
 public:
  explicit StreamTransport(Stream stream) : stream_(std::move(stream)) {}

  void handshake(Done done) override {
    if constexpr (std::is_same_v<Stream, TlsStream>)
      stream_.async_handshake(net::ssl::stream_base::server,
                              [done](boost::system::error_code error) { done(error, 0); });
    else
      done({}, 0);
  }
  void read_some(char* into, size_t size, Done done) override {
    stream_.async_read_some(net::buffer(into, size), std::move(done));
  }
  void write(std::string_view bytes, Done done) override {
    net::async_write(stream_, net::buffer(bytes.data(), bytes.size()), std::move(done));
  }
  void end_sending() override {
    boost::system::error_code ignored;
    stream_.lowest_layer().shutdown(tcp::socket::shutdown_send, ignored);
  }
  void close() override {
    boost::system::error_code ignored;
    stream_.lowest_layer().close(ignored);
  }
  std::shared_ptr<OpenWebSocket> upgrade(std::shared_ptr<Core> core,
                                         WebSocketOptions options) override {
    return std::make_shared<WebSocketSession<Stream>>(std::move(stream_), std::move(core),
                                                      std::move(options));
  }

 private:
  Stream stream_;
};

}  // namespace

std::unique_ptr<Transport> plain_transport(tcp::socket socket) {
  return std::make_unique<StreamTransport<PlainStream>>(std::move(socket));
}

std::unique_ptr<Transport> tls_transport(tcp::socket socket, net::ssl::context& context) {
  return std::make_unique<StreamTransport<TlsStream>>(TlsStream(std::move(socket), context));
}

}  // namespace tutti
