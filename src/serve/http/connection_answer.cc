// Connection: what goes out, and what happens between two requests.
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include "base/let_go.h"
#include "serve/http/connection.h"
#include "base/guard.h"

namespace tutti {
namespace {

namespace net = boost::asio;

constexpr size_t kMostUnread = size_t(64) << 20;  // of an answer that the client does not read
constexpr size_t kMostJoined = 16 << 10;          // short pieces go out together
constexpr size_t kWriteBytes = 256 << 10;         // at a time
constexpr double kLingerSeconds = 2;

std::string chunk(const std::string& piece) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
  return size + piece + "\r\n";
}

// Line breaks in a value would start a header of their own.
void append_header(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(": ");
  for (const char c : value)
    if (c != '\r' && c != '\n' && c != '\0') text += c;
  text += "\r\n";
}

}  // namespace

template <class Work>
void Connection::on_io(Work work) {
  if (core_->ended) return;
  net::post(core_->io, [self = shared_from_this(), work = std::move(work)]() mutable {
    if (self->phase_ == Phase::closed) return;
    if (!survives([&] { work(*self); })) self->close();
  });
}

// An answer that there is no room for is replaced by one that says so.
void Connection::start(Head head, std::string body) {
  Piece piece{std::move(body), Charge(answers_to_)};
  if (const Status status = piece.charge.grow(piece.bytes.size()); !status) {
    head = {503, "application/json", {{"Retry-After", "1"}}, true};
    piece.bytes = error_json(
        "the answer is ready and there is no memory to send it from: " + status.error().message(),
        "server_error", "busy");
  }
  on_io([head = std::move(head), piece = std::move(piece)](Connection& self) mutable {
    self.do_start(head, std::move(piece));
  });
}

void Connection::more(std::string bytes) {
  Piece piece{std::move(bytes), Charge(answers_to_)};
  if (!piece.charge.grow(piece.bytes.size())) return on_io([](Connection& self) { self.close(); });
  more_charged(std::move(piece.bytes), std::move(piece.charge));
}

void Connection::more_charged(std::string bytes, Charge held) {
  Piece piece{std::move(bytes), std::move(held)};
  piece.charge.shrink(piece.charge.bytes() - std::min(piece.charge.bytes(), piece.bytes.size()));
  on_io([piece = std::move(piece)](Connection& self) mutable {
    if (self.exchange_.chunked) piece.bytes = chunk(piece.bytes);
    self.enqueue(std::move(piece));
  });
}

void Connection::finish(bool complete) {
  on_io([complete](Connection& self) {
    if (!complete) return self.close();
    self.exchange_.ended = true;
    if (self.exchange_.chunked && !self.exchange_.head_only) self.enqueue({"0\r\n\r\n", {}});
    self.flush();
  });
}

void Connection::when_read(std::function<void()> work) {
  on_io([work = std::move(work)](Connection& self) mutable {
    self.exchange_.when_read = std::move(work);
    self.flush();
  });
}

void Connection::later(std::function<void()> work) {
  on_io([work = std::move(work)](Connection& self) mutable {
    self.exchange_.later = std::move(work);
  });
}

void Connection::do_start(const Head& head, Piece body) {
  Exchange& exchange = exchange_;
  exchange.begun = true;
  exchange.ended = head.whole;
  const bool ends_by_closing = !head.whole && exchange.http_1_0 && !head.length;
  exchange.chunked = !head.whole && !exchange.http_1_0 && !head.length;
  exchange.record.status = head.status;
  if (core_->draining || ends_by_closing) exchange.keep_alive = false;
  std::string text = "HTTP/1.1 " + std::to_string(head.status) + ' ' + status_phrase(head.status) +
                     "\r\nServer: tutti\r\nX-Content-Type-Options: nosniff\r\n";
  append_header(text, "X-Request-Id", exchange.record.id);
  if (!head.content_type.empty()) append_header(text, "Content-Type", head.content_type);
  for (const auto& [name, value] : head.more) append_header(text, name, value);
  for (const auto& [name, value] : exchange.cors) append_header(text, name, value);
  if (exchange.chunked) {
    append_header(text, "Transfer-Encoding", "chunked");
  } else if (head.length) {
    append_header(text, "Content-Length", std::to_string(*head.length));
  } else if (head.whole && head.status != 204 && head.status != 304) {
    append_header(text, "Content-Length", std::to_string(body.bytes.size()));
  }
  append_header(text, "Connection", exchange.keep_alive ? "keep-alive" : "close");
  text += "\r\n";
  if (exchange.head_only) body = {};
  if (body.bytes.size() <= kMostJoined) {  // one packet rather than two
    body.bytes = text + body.bytes;
  } else {
    out_.push_back({std::move(text), {}});
    unread_ += out_.back().bytes.size();
  }
  enqueue(std::move(body));
}

void Connection::enqueue(Piece piece) {
  exchange_.record.answer_bytes += piece.bytes.size();
  unread_ += piece.bytes.size();
  if (unread_ > kMostUnread) return close();
  Piece* const last = out_.empty() ? nullptr : &out_.back();
  if (last && last->bytes.size() + piece.bytes.size() <= kMostJoined &&
      last->charge.account() == piece.charge.account()) {
    last->bytes += piece.bytes;
    last->charge.absorb(std::move(piece.charge));
  } else if (!piece.bytes.empty()) {
    out_.push_back(std::move(piece));
  }
  flush();
}

void Connection::flush() {
  if (!writing_.bytes.empty() || phase_ == Phase::closed) return;
  if (out_.empty()) {
    if (auto work = std::exchange(exchange_.when_read, nullptr))
      core_->slow_workers.post(exchange_.owner, std::move(work));
    if (phase_ == Phase::handling && exchange_.ended) next_request();
    return;
  }
  writing_ = std::move(out_.front());
  out_.pop_front();
  written_ = 0;
  write_on();
}

// In pieces, so that a client that reads nothing is found out as soon with a long answer as with a
// short one.
void Connection::write_on() {
  const HttpLimits& limits = core_->options.limits;
  const size_t size = std::min(writing_.bytes.size() - written_, kWriteBytes);
  write_deadline_ =
      Clock::now() + seconds_of(limits.slow_seconds + double(size) / limits.bytes_per_second);
  const net::const_buffer piece(writing_.bytes.data() + written_, size);
  stream_->write({&piece, 1}, [self = shared_from_this(), size](Error error, size_t) {
    self->write_deadline_ = Clock::time_point::max();
    self->written_ += size;
    self->unread_ -= size;
    const bool whole = self->written_ == self->writing_.bytes.size();
    if (error || self->phase_ == Phase::closed || whole) {
      let_go(self->writing_.bytes);
      self->writing_ = {};
    }
    if (error) return self->close();
    if (self->phase_ == Phase::closed) return;
    if (!survives([&] { whole ? self->flush() : self->write_on(); })) self->close();
  });
}

void Connection::next_request() {
  exchange_.record.seconds =
      std::chrono::duration<double>(Clock::now() - exchange_.started).count();
  if (core_->options.on_request) core_->options.on_request(exchange_.record);
  const bool keep = exchange_.keep_alive && !core_->draining;
  exchange_ = {};
  parser_.reset();
  head_charge_.clear();
  if (!keep) return linger();
  phase_ = Phase::idle;
  place_->enter(Peers::waiting);
  deadline_ = Clock::now() + seconds_of(core_->options.limits.idle_seconds);
  process();
}

void Connection::linger() {
  phase_ = Phase::lingering;
  place_->enter(Peers::waiting);
  let_go(pending_);
  pending_charge_.clear();
  deadline_ = Clock::now() + seconds_of(kLingerSeconds);
  stream_->end_sending();
  read();
}

}  // namespace tutti
