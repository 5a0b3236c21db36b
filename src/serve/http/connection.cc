// Connection: what comes in, up to the whole request. Its handler is called in
// connection_dispatch.cc, answers are in connection_answer.cc.
#include "serve/http/connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "base/let_go.h"
#include "base/guard.h"
#include "serve/http/request_id.h"
#include "serve/shares.h"

namespace tutti {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;

constexpr size_t kIdleRead = 1 << 10;  // so small that ten thousand idle connections hold 10 MB
constexpr size_t kBusyRead = 16 << 10;
constexpr size_t kMostPending = 64 << 10;
constexpr size_t kHeaderFieldBytes = 96;  // of a header besides its name and value

Refusal bad_framing(BodyReader::Problem problem) {
  switch (problem) {
    case BodyReader::Problem::long_extensions:
      return {413, "the chunks' extensions are longer than the " +
                       std::to_string(BodyReader::kMostExtensionBytes) + " bytes accepted"};
    case BodyReader::Problem::long_trailers:
      return {413, "the trailers are longer than the " +
                       std::to_string(BodyReader::kMostTrailerBytes) + " bytes accepted"};
    default:
      return {400, "the body is not chunked as HTTP/1.1 has it"};
  }
}

}  // namespace

Connection::Connection(std::shared_ptr<Core> core, std::shared_ptr<Stream> stream, std::string peer,
                       const std::string& group)
    : core_(std::move(core)),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      account_(core_->ledger.connection()),
      name_(group.empty() ? "connection " + std::to_string(core_->accepted) : "peer " + group),
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
                           (!exchange_.ended || unread_ > 0);
  phase_ = Phase::closed;
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
  if (lost_ || now > write_deadline_) return close();
  if (!reading_ && phase_ == Phase::handling && stream_->has_left()) return close();
  if (now < deadline_) {
    if (!exchange_.later) return;
    exchange_.when_read = std::exchange(exchange_.later, nullptr);
    return flush();
  }
  if (phase_ == Phase::handling) {
    const auto reply = exchange_.reply.lock();
    if (reply && !reply->begun()) {
      exchange_.keep_alive = false;
      deadline_ = Clock::time_point::max();
      return reply->expire(exchange_.route->options.most_seconds);
    }
  }
  if ((phase_ == Phase::head || phase_ == Phase::body) && !exchange_.begun)
    return refuse({408, "the request did not arrive in time"});
  close();
}

void Connection::drain() {
  if (phase_ == Phase::idle) return close();
  exchange_.keep_alive = false;
}

// What is being received, and what its client does not read.
bool Connection::can_be_cut() const {
  return phase_ == Phase::head || phase_ == Phase::body ||
         (phase_ == Phase::handling && exchange_.begun && unread_ > 0);
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

void Connection::read() {
  if (reading_ || phase_ == Phase::closed) return;
  if (phase_ == Phase::handling && pending_.size() >= kMostPending) return;
  reading_ = true;
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
  if (phase_ == Phase::lingering) return read();
  if (const Status status = pending_charge_.set(pending_.size() + size); !status)
    return phase_ == Phase::handling ? close() : refuse(refusal_of(status.error()));
  pending_.append(buffer_, 0, size);
  process();
}

void Connection::process() {
  while (!pending_.empty() && phase_ < Phase::handling)
    if (!(phase_ == Phase::body ? read_body() : read_head())) break;
  if (phase_ == Phase::closed) return;
  if (pending_.empty() && phase_ != Phase::body) let_go(pending_);
  pending_charge_.shrink(pending_charge_.bytes() - pending_.size());
  read();
}

// Feeds what was read to the parser of heads; false where it needs more, or has had enough.
bool Connection::read_head() {
  const HttpLimits& limits = core_->options.limits;
  if (!parser_) {
    parser_.emplace();
    parser_->header_limit(uint32_t(limits.most_header_bytes));
    parser_->body_limit(UINT64_MAX);  // BodyReader reads them
    exchange_ = {};
    exchange_.started = Clock::now();
    exchange_.request.id = exchange_.record.id = new_request_id();
    exchange_.record.peer = peer_;
    phase_ = Phase::head;
    deadline_ = Clock::now() + seconds_of(limits.header_seconds);
  }
  Error error;
  const size_t used = parser_->put(net::buffer(pending_), error);
  pending_.erase(0, used);
  const bool starved = error == http::error::need_more;
  if (error && !starved) {
    const bool long_head = error == http::error::header_limit;
    refuse(long_head
               ? Refusal{431, "the request's headers are longer than the " +
                                  std::to_string(limits.most_header_bytes) + " bytes accepted"}
               : Refusal{400, "this is not a valid HTTP/1.1 request: " + error.message()});
    return false;
  }
  if (!parser_->is_header_done()) return !starved && used > 0;
  on_head();
  return phase_ == Phase::body;
}

// For the log, as it came, but for its query, which may be secret.
void Connection::note_request_line() {
  const auto& message = parser_->get();
  const auto target = message.target();
  exchange_.record.method = std::string(message.method_string());
  exchange_.record.path = std::string(target.substr(0, target.find('?')));
}

// The head is there: the request is let in or refused, before a byte of its body is kept.
void Connection::on_head() {
  const auto& message = parser_->get();
  const auto length = parser_->content_length();
  exchange_.body =
      parser_->chunked() ? BodyReader::of_chunks() : BodyReader::of_length(length.value_or(0));
  exchange_.http_1_0 = message.version() < 11;
  exchange_.keep_alive = message.keep_alive() && !core_->draining;
  BodyClaim claim;
  if (length) claim.length = *length;
  claim.upgrade = boost::beast::websocket::is_upgrade(message);
  std::optional<Refusal> refusal = read_fields(message);
  if (!refusal) refusal = admit_request(claim);
  if (refusal) return refuse(*refusal);
  if (claim.upgrade) exchange_.handshake = parser_->release();
  parser_.reset();
  phase_ = Phase::body;
  deadline_ = Clock::now() + seconds_of(core_->options.limits.slow_seconds);
  if (exchange_.body->done()) return dispatch();
  if (exchange_.request.header("expect") == "100-continue" && !exchange_.http_1_0)
    enqueue({"HTTP/1.1 100 Continue\r\n\r\n", {}});
}

std::optional<Refusal> Connection::read_fields(const Parser::value_type& message) {
  Request& request = exchange_.request;
  request.method = std::string(message.method_string());
  exchange_.head_only = request.method == "HEAD";
  note_request_line();
  size_t fields = 0, bytes = 0;
  for (const auto& field : message)
    ++fields, bytes += kHeaderFieldBytes + field.name_string().size() + field.value().size();
  const size_t most = core_->options.limits.most_header_fields;
  if (fields > most)
    return Refusal{431,
                   "the request has more than the " + std::to_string(most) + " headers accepted"};
  if (const Status status = head_charge_.set(bytes); !status) return refusal_of(status.error());
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name) c = char(std::tolower(uint8_t(c)));
    request.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  const boost::beast::string_view target = message.target();
  if (!parse_target({target.data(), target.size()}, request))
    return Refusal{400, "the path is malformed"};
  exchange_.record.path = request.path;
  if (!exchange_.http_1_0 && request.header("host").empty())
    return Refusal{400, "the Host header is missing"};
  if (message.count(http::field::host) > 1)
    return Refusal{400, "there is more than one Host header"};
  const boost::beast::string_view coding = message[http::field::transfer_encoding];
  if (!coding.empty() && !boost::beast::iequals(coding, "chunked")) {
    exchange_.keep_alive = false;
    return Refusal{501, "of transfer codings only chunked is known; send the body as it is"};
  }
  exchange_.cors = cors_headers(core_->options, request);
  return std::nullopt;
}

std::optional<Refusal> Connection::admit_request(const BodyClaim& claim) {
  const HttpLimits& limits = core_->options.limits;
  Request& request = exchange_.request;
  if (auto refusal = admit(core_->options, core_->router, claim, request, exchange_.route))
    return refusal;
  exchange_.record.user = request.user;
  request.owner = exchange_.owner = request.user.empty() ? name_ : request.user;
  request.account = core_->ledger.request(account_, request.user);
  body_charge_ = Charge(request.account);
  answers_to_ = request.account;
  if (claim.upgrade && !exchange_.body->done())
    return Refusal{400, "a request for a WebSocket has no body"};
  if (claim.upgrade) {
    const auto own = [&](const auto& socket) { return socket->owner() == request.owner; };
    const auto& sockets = core_->sockets;
    if (fits_share(size_t(std::count_if(sockets.begin(), sockets.end(), own)), sockets.size(),
                   limits.most_websockets))
      return std::nullopt;
    Refusal refusal = kBusy;
    refusal.message = "too many WebSockets are open; try again";
    return refusal;
  }
  if (exchange_.route->options.quick || pool_for(claim.length.value_or(0)).has_room(request.owner))
    return std::nullopt;
  return kBusy;
}

// Keeps what came of the body, if it may, and counts how fast it comes.
bool Connection::read_body() {
  const HttpLimits& limits = core_->options.limits;
  std::string& body = exchange_.request.body;
  if (const Status status = body_charge_.set(body.size() + pending_.size()); !status) {
    refuse(refusal_of(status.error()));
    return false;
  }
  const size_t used = exchange_.body->feed(pending_, body);
  pending_.erase(0, used);
  body_charge_.shrink(body_charge_.bytes() - body.size());
  exchange_.record.request_bytes = body.size();
  const auto now = Clock::now();
  deadline_ = std::min(deadline_ + seconds_of(double(used) / limits.bytes_per_second),
                       now + seconds_of(limits.slow_seconds));
  const size_t most = exchange_.route->options.most_bytes;
  if (exchange_.body->problem() != BodyReader::Problem::none)
    refuse(bad_framing(exchange_.body->problem()));
  else if (body.size() > most)
    refuse({413, "the body is larger than the " + std::to_string(most) + " bytes accepted here"});
  else if (exchange_.body->done())
    dispatch();
  return false;
}

// Answers without a handler. What is left of the body is not wanted, so the connection ends, unless
// there is none.
void Connection::refuse(const Refusal& refusal) {
  if (phase_ >= Phase::handling || exchange_.begun) return close();
  if (parser_ && exchange_.record.method.empty()) note_request_line();
  if (!exchange_.body || !exchange_.body->done()) exchange_.keep_alive = false;
  phase_ = Phase::handling;
  let_go(exchange_.request.body);
  body_charge_.clear();
  if (!exchange_.keep_alive) {
    let_go(pending_);
    pending_charge_.clear();
  }
  parser_.reset();
  const bool empty = refusal.status == 204;
  do_start({refusal.status, empty ? "" : "application/json", refusal.headers, true},
           {empty ? "" : refusal.body(), {}});
}

}  // namespace tutti
