// The WebSocket behind websocket.h, on a plain or an encrypted stream. Private to src/serve/http/.
#pragma once

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>

#include "base/utf8.h"
#include "serve/http/transport.h"

namespace tutti {

template <class Stream>
class WebSocketSession final : public OpenWebSocket,
                               public std::enable_shared_from_this<WebSocketSession<Stream>> {
  using Error = boost::system::error_code;
  static constexpr size_t kMostUnread = size_t(64) << 20;

 public:
  WebSocketSession(Stream stream, std::shared_ptr<Core> core, size_t most_message_bytes)
      : core_(std::move(core)), socket_(std::move(stream)) {
    socket_.read_message_max(most_message_bytes);
    // A silent peer is pinged after half a minute and given up after another half.
    socket_.set_option(boost::beast::websocket::stream_base::timeout{
        std::chrono::seconds(10), std::chrono::seconds(60), true});
  }

  void open(const BeastRequest& request) override {
    namespace websocket = boost::beast::websocket;
    // Of the offered subprotocols only OpenAI's "realtime" means something here; a browser gives
    // up if the one that carries its key is not followed by an accepted one.
    const bool realtime =
        request["Sec-WebSocket-Protocol"].find("realtime") != boost::beast::string_view::npos;
    socket_.set_option(
        websocket::stream_base::decorator([realtime](websocket::response_type& response) {
          response.set(boost::beast::http::field::server, "tutti");
          if (realtime) response.set(boost::beast::http::field::sec_websocket_protocol, "realtime");
        }));
    socket_.async_accept(request, [self = this->shared_from_this()](Error error) {
      if (error) return self->ended();
      self->accepted_ = true;
      self->flush();
      self->read();
    });
  }

  void abort() override {
    Error ignored;
    socket_.next_layer().lowest_layer().close(ignored);
  }

  void on_message(std::function<void(std::string, bool)> listener) override {
    on_message_ = std::move(listener);
  }
  void on_close(std::function<void()> listener) override { on_close_ = std::move(listener); }
  void send(std::string text) override { queue({std::move(text), false}); }
  void send_binary(std::string bytes) override { queue({std::move(bytes), true}); }

  void close(int code, std::string reason) override {
    on_io([code, reason = reason.substr(0, 120)](WebSocketSession& self) {
      if (self.closing_) return;
      self.closing_ = true;
      self.close_reason_.code = uint16_t(code);
      self.close_reason_.reason.assign(reason.data(), reason.size());
      self.flush();
    });
  }

 private:
  struct Message {
    std::string bytes;
    bool binary;
  };

  template <class Work>
  void on_io(Work work) {
    if (core_->ended) return;
    boost::asio::post(core_->io, [self = this->shared_from_this(),
                                  work = std::move(work)]() mutable { work(*self); });
  }

  void queue(Message message) {
    on_io([message = std::move(message)](WebSocketSession& self) mutable {
      if (self.closing_ || self.over_) return;
      self.unread_ += message.bytes.size();
      if (self.unread_ > kMostUnread) return self.abort();
      self.out_.push_back(std::move(message));
      self.flush();
    });
  }

  void flush() {
    if (!accepted_ || writing_ || over_) return;
    if (!out_.empty()) {
      writing_ = true;
      socket_.binary(out_.front().binary);
      socket_.async_write(boost::asio::buffer(out_.front().bytes),
                          [self = this->shared_from_this()](Error error, size_t) {
                            self->writing_ = false;
                            if (error) return self->ended();
                            self->unread_ -= self->out_.front().bytes.size();
                            self->out_.pop_front();
                            self->flush();
                          });
    } else if (closing_ && !close_sent_) {
      close_sent_ = true;
      socket_.async_close(close_reason_,
                          [self = this->shared_from_this()](Error) { self->ended(); });
    }
  }

  void read() {
    socket_.async_read(in_, [self = this->shared_from_this()](Error error, size_t) {
      if (error) return self->ended();
      std::string message = boost::beast::buffers_to_string(self->in_.data());
      self->in_.consume(self->in_.size());
      // Beast misses a text that breaks off within a letter where its last frame is empty.
      if (!self->socket_.got_binary() && invalid_utf8_at(message))
        return self->close(1007, "the text is not UTF-8");
      boost::asio::post(self->core_->workers, [self, message = std::move(message),
                                               binary = self->socket_.got_binary()]() mutable {
        try {
          if (self->on_message_) self->on_message_(std::move(message), binary);
        } catch (const std::exception&) {
          self->close(1011, "the message could not be handled");
        }
        self->on_io([](WebSocketSession& session) { session.read(); });
      });
    });
  }

  // The listeners may hold what holds this socket, so they are let go of here, on a worker after
  // any message that is still being handled.
  void ended() {
    if (over_) return;
    over_ = true;
    core_->sockets.erase(this->shared_from_this());
    boost::asio::post(core_->workers, [self = this->shared_from_this()] {
      const auto listener = std::move(self->on_close_);
      if (listener) listener();
    });
  }

  std::shared_ptr<Core> core_;
  boost::beast::websocket::stream<Stream> socket_;
  boost::beast::flat_buffer in_;
  std::function<void(std::string, bool)> on_message_;
  std::function<void()> on_close_;
  std::deque<Message> out_;
  size_t unread_ = 0;
  bool accepted_ = false, writing_ = false, closing_ = false, close_sent_ = false, over_ = false;
  boost::beast::websocket::close_reason close_reason_;
};

}  // namespace tutti
