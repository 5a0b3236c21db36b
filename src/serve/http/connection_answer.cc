// Connection: what goes out, and what happens between two requests.
#include <boost/asio/post.hpp>

#include "serve/http/connection.h"

namespace tutti {
namespace {

namespace net = boost::asio;

constexpr size_t kMostUnread = size_t(64) << 20;  // of an answer that the client does not read
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
    if (self->phase_ != Phase::closed) work(*self);
  });
}

void Connection::start(Head head, std::string body) {
  on_io([head = std::move(head), body = std::move(body)](Connection& self) mutable {
    self.do_start(head, std::move(body));
  });
}

void Connection::more(std::string piece) {
  on_io([piece = std::move(piece)](Connection& self) mutable {
    if (self.exchange_.head_only) return;
    self.enqueue(self.exchange_.chunked ? chunk(piece) : std::move(piece));
  });
}

void Connection::finish(bool complete) {
  on_io([complete](Connection& self) {
    if (!complete) return self.close();
    self.exchange_.ended = true;
    if (self.exchange_.chunked && !self.exchange_.head_only) self.enqueue("0\r\n\r\n");
    self.flush();
  });
}

void Connection::do_start(const Head& head, std::string body) {
  Exchange& exchange = exchange_;
  exchange.begun = true;
  exchange.ended = head.whole;
  exchange.chunked = !head.whole && !exchange.http_1_0;
  exchange.record.status = head.status;
  if (core_->draining || (!head.whole && exchange.http_1_0)) exchange.keep_alive = false;
  std::string text = "HTTP/1.1 " + std::to_string(head.status) + ' ' + status_phrase(head.status) +
                     "\r\nServer: tutti\r\nX-Content-Type-Options: nosniff\r\n";
  if (!head.content_type.empty()) append_header(text, "Content-Type", head.content_type);
  for (const auto& [name, value] : head.more) append_header(text, name, value);
  for (const auto& [name, value] : exchange.cors) append_header(text, name, value);
  if (exchange.chunked) {
    append_header(text, "Transfer-Encoding", "chunked");
  } else if (head.whole && head.status != 204 && head.status != 304) {
    append_header(text, "Content-Length", std::to_string(body.size()));
  }
  append_header(text, "Connection", exchange.keep_alive ? "keep-alive" : "close");
  text += "\r\n";
  if (!exchange.head_only) text += body;
  enqueue(std::move(text));
}

void Connection::enqueue(std::string bytes) {
  exchange_.record.answer_bytes += bytes.size();
  if (out_.empty()) {
    out_ = std::move(bytes);
  } else {
    out_ += bytes;
  }
  if (out_.size() > kMostUnread) return close();
  flush();
}

void Connection::flush() {
  if (!writing_.empty() || phase_ == Phase::closed) return;
  if (out_.empty()) {
    if (phase_ == Phase::handling && exchange_.ended) next_request();
    return;
  }
  std::swap(out_, writing_);
  const HttpLimits& limits = core_->options.limits;
  write_deadline_ =
      Clock::now() + seconds_of(limits.slow_seconds + writing_.size() / limits.bytes_per_second);
  transport_->write(writing_, [self = shared_from_this()](Error error, size_t) {
    self->writing_ = {};
    self->write_deadline_ = Clock::time_point::max();
    if (error) return self->close();
    self->flush();
  });
}

void Connection::next_request() {
  exchange_.record.seconds =
      std::chrono::duration<double>(Clock::now() - exchange_.started).count();
  if (core_->options.on_request) core_->options.on_request(exchange_.record);
  const bool keep = exchange_.keep_alive && !core_->draining;
  exchange_ = {};
  parser_.reset();
  if (!keep) return linger();
  phase_ = Phase::idle;
  deadline_ = Clock::now() + seconds_of(core_->options.limits.idle_seconds);
  process();
}

// Closing with unread bytes would reset the connection and could take the answer with it, so what
// still comes is read and dropped for a moment.
void Connection::linger() {
  phase_ = Phase::lingering;
  pending_ = {};
  deadline_ = Clock::now() + seconds_of(kLingerSeconds);
  transport_->end_sending();
  read();
}

}  // namespace tutti
