#include "serve/http/connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include "base/guard.h"
#include "base/let_go.h"

namespace tutti {
namespace {

constexpr size_t kIdleRead = 1 << 10;  // so small that ten thousand idle connections hold 10 MB
constexpr size_t kBusyRead = 16 << 10;
constexpr size_t kInPlaceRead = 64 << 10;
constexpr size_t kMostPending = 64 << 10;

}  // namespace

Connection::Connection(std::shared_ptr<Core> core, std::shared_ptr<Stream> stream, std::string peer,
                       const std::string& group)
    : core_(std::move(core)),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      account_(core_->ledger.connection(core_->options.keys.empty() ? group : "")),
      name_(group.empty() ? "connection " + std::to_string(core_->accepted) : "peer " + group),
      turn_(group),
      pending_charge_(account_),
      head_charge_(account_) {
  place_.emplace(core_->peers, group, this);
}

template <class Work>
void Connection::guard(Work work) noexcept {
  if (survives(work)) return;
  if (!survives([&] { refuse(kNoMemory); })) close();
}

void Connection::open() {
  deadline_ = Clock::now() + seconds_of(core_->options.limits.header_seconds);
  place_->enter(Peers::handshaking);
  stream_->handshake([self = shared_from_this()](Error error, size_t) {
    if (error || self->phase_ == Phase::closed) return self->close();
    self->place_->enter(Peers::waiting);
    self->deadline_ = Clock::now() + seconds_of(self->core_->options.limits.idle_seconds);
    self->guard([&] { self->read(); });
  });
}

void Connection::close() noexcept {
  if (phase_ == Phase::closed) return;
  const auto self = shared_from_this();
  // Of an answer in pieces HTTP/1.0 sees the end by the connection's.
  const bool looks_whole = phase_ == Phase::handling && exchange_.begun && exchange_.http_1_0 &&
                           (!exchange_.ended || out_.unread() > 0);
  phase_ = Phase::closed;
  record_request();
  place_.reset();
  if (stream_) looks_whole ? stream_->reset() : stream_->close();
  survives([&] {
    if (const auto reply = exchange_.reply.lock()) reply->set_gone();
  });
  core_->connections.erase(self);
  core_->open_connections = core_->connections.size();
  let_go(exchange_.request.body);
  exchange_.request = {};
  exchange_.when_read = exchange_.later = nullptr;
  let_go(pending_);
  out_.clear();
  for (Charge* charge : {&pending_charge_, &head_charge_, &body_charge_}) charge->clear();
}

void Connection::sweep(Clock::time_point now) {
  if (phase_ == Phase::closed) return;
  if (lost_ || now > out_.deadline()) return close();
  if (!reading_ && phase_ == Phase::handling && stream_->has_left()) return close();
  if (now < deadline_) {
    if (!exchange_.later) return;
    exchange_.when_read = std::exchange(exchange_.later, nullptr);
    return flush();
  }
  if (phase_ == Phase::handling) {
    const auto reply = exchange_.reply.lock();
    if (reply && !reply->begun()) exchange_.keep_alive = false;
    if (reply && reply->expire(exchange_.route->options.most_seconds)) {
      deadline_ = Clock::time_point::max();
      return;
    }
  }
  if ((phase_ == Phase::head || phase_ == Phase::body) && !exchange_.begun)
    return refuse({408, "the request did not arrive in time"});
  close();
}

void Connection::drain() {
  if (phase_ == Phase::idle && pending_.empty()) return close();
  exchange_.keep_alive = false;
}

// What is being received, and what its client does not read.
bool Connection::can_be_cut() const {
  return phase_ == Phase::head || phase_ == Phase::body ||
         (phase_ == Phase::handling && exchange_.begun && out_.unread() > 0);
}

void Connection::cut() {
  if (phase_ == Phase::handling) return close();
  refuse(
      {429,
       "the server's memory is short, and this request was the largest being received; try again",
       "rate_limit_error",
       "busy",
       {{"Retry-After", "5"}}});
}

// Whatever can be done with what has been read and written. What costs more than lining up is done
// here, so that thousands of ready connections of one address hold up nobody else.
void Connection::take_turn() {
  if (in_line_) return;
  core_->turns->take(turn_, [self = shared_from_this()] {
    self->guard([&] {
      self->flush();
      self->process();
    });
    self->in_line_ = false;
  });
  in_line_ = true;
}

void Connection::read() {
  if (reading_ || phase_ == Phase::closed) return;
  if (phase_ == Phase::handling && pending_.size() >= kMostPending) return;
  reading_ = true;
  if (reads_in_place()) {
    let_go(buffer_);
    return stream_->wait([self = shared_from_this()](Error error, size_t) {
      self->reading_ = false;
      self->guard([&] { error ? self->close() : self->read_in_place(); });
    });
  }
  buffer_.resize(phase_ == Phase::body ? kBusyRead : kIdleRead);
  if (phase_ != Phase::body) buffer_.shrink_to_fit();
  stream_->read_some(boost::asio::buffer(buffer_),
                     [self = shared_from_this()](Error error, size_t size) {
                       self->reading_ = false;
                       self->guard([&] { self->on_read(error, size); });
                     });
}

void Connection::on_read(Error error, size_t size) {
  if (core_->ledger.pressed()) core_->relieve();  // may cut this one
  if (phase_ == Phase::closed) return;
  if (error) return close();
  if (phase_ != Phase::handling) place_->enter(Peers::waiting);
  if (phase_ != Phase::lingering) {
    if (const Status status = pending_charge_.set(pending_.size() + size); !status)
      return phase_ == Phase::handling ? close() : refuse(refusal_of(status.error()));
    buffer_.resize(size);
    pending_.empty() ? pending_.swap(buffer_) : void(pending_ += buffer_);
  }
  take_turn();
}

bool Connection::reads_in_place() const {
  return phase_ == Phase::body && pending_.empty() && exchange_.body->content_due() > 0 &&
         stream_->can_read_now();
}

// The body's place is had at once, so that it never moves; it takes no memory before it is written.
void Connection::read_in_place() {
  if (!reads_in_place()) return read();  // refused meanwhile, or closed
  std::string& body = exchange_.request.body;
  const uint64_t due = exchange_.body->content_due();
  const size_t had = body.size(), most = exchange_.route->options.most_bytes;
  body.reserve(size_t(std::min<uint64_t>(had + due, std::max(had, most))));
  body.resize(had + size_t(std::min<uint64_t>(due, kInPlaceRead)));
  Error error;
  in_place_ = stream_->read_now(boost::asio::buffer(body.data() + had, body.size() - had), error);
  body.resize(had + in_place_);
  if (error == boost::asio::error::would_block || error == boost::asio::error::interrupted)
    return read();
  if (core_->ledger.pressed()) core_->relieve();  // may cut this one
  if (phase_ != Phase::body) return;
  if (error) return close();
  if (const Status status = body_charge_.set(body.size()); !status)
    return refuse(refusal_of(status.error()));
  exchange_.body->note_content(in_place_);
  take_turn();
}

void Connection::process() {
  if (const size_t size = std::exchange(in_place_, 0); size > 0 && phase_ == Phase::body)
    on_body(size);
  while (!pending_.empty() && phase_ < Phase::handling)
    if (!(phase_ == Phase::body ? read_body() : read_head())) break;
  if (phase_ == Phase::closed) return;
  if (pending_.empty() && phase_ != Phase::body) let_go(pending_);
  pending_charge_.shrink(pending_charge_.bytes() - pending_.size());
  read();
}

}  // namespace tutti
