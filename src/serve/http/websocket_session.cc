// A message is read in pieces, each charged before it is read, and must come as fast as an HTTP
// body must; so must what is sent be taken. Whoever exceeds a limit is told which in the closing
// frame, and has a second to read it.
#include "serve/http/websocket_session.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <mutex>

#include "base/guard.h"
#include "base/let_go.h"
#include "base/utf8.h"
#include "serve/http/transport/beast_stream.h"

namespace tutti {
namespace {

class WebSocketSession final : public OpenWebSocket,
                               public std::enable_shared_from_this<WebSocketSession> {
  using Error = boost::system::error_code;
  static constexpr Clock::time_point kNever = Clock::time_point::max();
  static constexpr size_t kMostUnread = size_t(16) << 20;
  static constexpr size_t kLeastRead = 1 << 10, kMostRead = 64 << 10;  // at a time
  static constexpr size_t kMessageBytes = 64;  // in a queue, besides its text

 public:
  WebSocketSession(std::shared_ptr<Stream> stream, std::shared_ptr<Core> core,
                   WebSocketOptions options)
      : core_(std::move(core)),
        options_(std::move(options)),
        account_(options_.session.account()),
        socket_(BeastStream(std::move(stream))),
        incoming_charge_(account_) {
    socket_.read_message_max(0);  // on_read() has the limit
    // A silent peer is pinged after half a minute and given up after another half.
    socket_.set_option(boost::beast::websocket::stream_base::timeout{
        std::chrono::seconds(10), std::chrono::seconds(60), true});
  }

  void open(std::shared_ptr<const BeastRequest> request) noexcept override {
    on_io([request = std::move(request)](WebSocketSession& self) { self.do_open(*request); });
  }

  void abort() noexcept override {
    socket_.next_layer().close();
    ended();  // what is under way comes back later, or was lost
  }

  void sweep(Clock::time_point now) override {
    if (lost_ || !socket_.next_layer().is_open() || now > write_deadline_ || now > cut_at_)
      return abort();
    if (now > message_deadline_) leave(1008, "the message did not arrive in time");
  }

  const std::string& owner() const override { return options_.owner; }
  size_t held() const override { return account_ ? account_->held() : 0; }
  bool can_be_cut() const override { return !over_ && cut_at_ == kNever; }
  bool is_leaving() const override { return cut_at_ != kNever; }
  void cut() override {
    leave(1013, "the server's memory is short, and this socket held the most; try again");
  }

  void on_message(std::function<void(std::string, bool)> listener) override {
    on_message_ = std::move(listener);
  }
  // It may have been cut before its handler ran.
  void on_close(std::function<void()> listener) override {
    {
      const std::lock_guard lock(close_mutex_);
      if (!told_) {
        on_close_ = std::move(listener);
        return;
      }
    }
    listener();
  }
  std::shared_ptr<void> hold() override { return handling_.lock(); }
  void send(std::string text) override { queue({std::move(text), false, Charge(account_)}); }
  void send_binary(std::string bytes) override {
    queue({std::move(bytes), true, Charge(account_)});
  }

  void close(int code, std::string reason) override {
    on_io([code, reason = std::move(reason)](WebSocketSession& self) {
      self.do_close(code, reason);
    });
  }

 private:
  struct Message {
    std::string bytes;
    bool binary;
    Charge charge;
  };

  // From any thread.
  template <class Work>
  void on_io(Work work) noexcept {
    if (core_->ended) return;
    const bool posted = survives([&] {
      boost::asio::post(core_->io, [self = shared_from_this(), work = std::move(work)]() mutable {
        self->guard([&] { work(*self); });
      });
    });
    if (!posted) lost_ = true;
  }

  // What is thrown here, for want of memory most likely, ends this socket alone.
  template <class Work>
  void guard(Work work) noexcept {
    if (!survives(work)) abort();
  }

  void do_open(const BeastRequest& request) {
    namespace websocket = boost::beast::websocket;
    if (over_) return;
    // Of the offered subprotocols only OpenAI's "realtime" means something here; a browser gives
    // up if the one that carries its key is not followed by an accepted one.
    const bool realtime =
        request["Sec-WebSocket-Protocol"].find("realtime") != boost::beast::string_view::npos;
    socket_.set_option(websocket::stream_base::decorator(
        [realtime, id = options_.id](websocket::response_type& response) {
          response.set(boost::beast::http::field::server, "tutti");
          response.set("X-Request-Id", id);
          if (realtime) response.set(boost::beast::http::field::sec_websocket_protocol, "realtime");
        }));
    socket_.async_accept(request, [self = shared_from_this()](Error error) {
      if (error) return self->ended();
      self->accepted_ = true;
      self->guard([&] {
        self->flush();
        self->read();
      });
    });
  }

  void queue(Message message) {
    const bool fits = bool(message.charge.grow(message.bytes.size() + kMessageBytes));
    on_io([fits, message = std::move(message)](WebSocketSession& self) mutable {
      if (self.closing_ || self.over_) return;
      self.unread_ += message.bytes.size();
      if (!fits || self.unread_ > kMostUnread)
        return self.leave(1013, "what is sent is not read, and there is no room to keep more");
      self.out_.push_back(std::move(message));
      self.flush();
    });
  }

  void do_close(int code, const std::string& reason) {
    if (closing_) return;
    closing_ = true;
    close_reason_.code = uint16_t(code);
    close_reason_.reason.assign(reason.data(), std::min<size_t>(reason.size(), 120));
    flush();
  }

  // Closes with a second's time: a client that holds much will not make the server wait for it.
  void leave(int code, const std::string& reason) {
    cut_at_ = Clock::now() + std::chrono::seconds(1);
    message_deadline_ = kNever;
    if (!reading_) let_go();
    do_close(code, reason);
  }

  void let_go() {
    tutti::let_go(message_);
    filled_ = 0;
    incoming_charge_.clear();
  }

  void flush() {
    if (!accepted_ || writing_ || over_) return;
    if (!out_.empty()) {
      const HttpLimits& limits = core_->options.limits;
      const std::string& bytes = out_.front().bytes;
      write_deadline_ = Clock::now() + seconds_of(limits.slow_seconds +
                                                  double(bytes.size()) / limits.bytes_per_second);
      socket_.binary(out_.front().binary);
      socket_.async_write(boost::asio::buffer(bytes),
                          [self = shared_from_this()](Error error, size_t) {
                            self->writing_ = false;
                            self->write_deadline_ = kNever;
                            self->unread_ -= self->out_.front().bytes.size();
                            self->out_.pop_front();
                            if (error || self->over_) return self->ended();
                            self->guard([&] { self->flush(); });
                          });
      writing_ = true;  // behind what may throw
    } else if (closing_ && !close_sent_) {
      socket_.async_close(close_reason_, [self = shared_from_this()](Error) { self->ended(); });
      close_sent_ = true;
    }
  }

  void read() {
    if (over_ || closing_) return;  // of a socket that is closing, async_close reads the rest
    const size_t step = std::clamp(filled_, kLeastRead, kMostRead);
    if (const Status status = incoming_charge_.set(filled_ + step); !status)
      return leave(status.error().code() == ErrorCode::too_large ? 1009 : 1013,
                   status.error().message());
    message_.resize(filled_ + step);
    socket_.async_read_some(boost::asio::buffer(message_.data() + filled_, step),
                            [self = shared_from_this()](Error error, size_t size) {
                              self->reading_ = false;
                              self->guard([&] { self->on_read(error, size); });
                            });
    reading_ = true;  // behind what may throw
  }

  void on_read(Error error, size_t size) {
    if (error || over_) return ended();
    if (closing_) return let_go();
    const HttpLimits& limits = core_->options.limits;
    const auto latest = Clock::now() + seconds_of(limits.slow_seconds);
    message_deadline_ =
        filled_ == 0
            ? latest
            : std::min(message_deadline_ + seconds_of(double(size) / limits.bytes_per_second),
                       latest);
    filled_ += size;
    const bool whole = socket_.is_message_done();
    const size_t announced = whole ? 0 : socket_.read_size_hint(1),
                 most = options_.most_message_bytes;
    if (announced > most || filled_ > most - announced)
      return leave(
          1009, "the message is larger than the " + std::to_string(most) + " bytes accepted here");
    if (whole) return hand_over();
    read();
    if (core_->ledger.pressed()) core_->relieve();
  }

  // The message goes to a worker, and the next one is read when that has done with it.
  void hand_over() {
    message_deadline_ = kNever;
    message_.resize(filled_);
    const auto message = std::make_shared<Message>(
        Message{std::move(message_), socket_.got_binary(), std::move(incoming_charge_)});
    message->charge.shrink(message->charge.bytes() - filled_);
    incoming_charge_ = Charge(account_);
    let_go();
    FairPool& pool = message->bytes.size() > kMuchToRead ? core_->slow_workers : core_->workers;
    pool.post(options_.owner, [self = shared_from_this(), message] { self->handle(message); });
  }

  void handle(const std::shared_ptr<Message>& message) {
    // Beast misses a text that breaks off within a letter where its last frame is empty.
    if (!message->binary && invalid_utf8_at(message->bytes))
      return close(1007, "the text is not UTF-8");
    const std::shared_ptr<void> handled(
        static_cast<void*>(nullptr), [self = shared_from_this(), message](void*) {
          message->charge.clear();
          self->on_io([](WebSocketSession& session) { session.read(); });
        });
    handling_ = handled;
    if (!survives([&] {
          if (on_message_) on_message_(std::move(message->bytes), message->binary);
        }))
      close(1011, "the message could not be handled");
    handling_.reset();  // it would keep what ends the handling, and with it this socket
  }

  // Called again by every operation that completes after the close, to free its buffer. The
  // listeners may hold what holds this socket, so they are let go of here, on a worker.
  void ended() noexcept {
    if (!reading_) let_go();
    if (!writing_) out_.clear();
    if (std::exchange(over_, true)) return;
    socket_.next_layer().close();
    core_->sockets.erase(shared_from_this());
    const auto tell = [self = shared_from_this()] {
      const auto listener = [&] {
        const std::lock_guard lock(self->close_mutex_);
        self->told_ = true;
        return std::exchange(self->on_close_, nullptr);
      }();
      if (listener) listener();
    };
    // Where there is no memory to send it to a worker, this thread has the time.
    if (!survives([&] { core_->workers.post(options_.owner, tell); })) survives(tell);
  }

  std::shared_ptr<Core> core_;
  const WebSocketOptions options_;
  const Account::Ptr account_;
  boost::beast::websocket::stream<BeastStream, false> socket_;  // false: nothing is compressed
  std::string message_;  // being read: filled_ bytes of it, and room for what comes
  size_t filled_ = 0;
  Charge incoming_charge_;
  std::weak_ptr<void> handling_;  // set and read by the one worker that has a message
  std::function<void(std::string, bool)> on_message_;
  std::mutex close_mutex_;
  std::function<void()> on_close_;
  bool told_ = false;  // that it is closed
  std::deque<Message> out_;
  size_t unread_ = 0;
  bool accepted_ = false, reading_ = false, writing_ = false, closing_ = false, close_sent_ = false,
       over_ = false;
  std::atomic<bool> lost_ = false;
  Clock::time_point message_deadline_ = kNever, write_deadline_ = kNever, cut_at_ = kNever;
  boost::beast::websocket::close_reason close_reason_;
};

}  // namespace

std::shared_ptr<OpenWebSocket> make_websocket(std::shared_ptr<Stream> stream,
                                              std::shared_ptr<Core> core,
                                              WebSocketOptions options) {
  return std::make_shared<WebSocketSession>(std::move(stream), std::move(core), std::move(options));
}

}  // namespace tutti
