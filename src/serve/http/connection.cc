// Connection: what comes in, up to the handler. Answers are in connection_answer.cc.
#include "serve/http/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

namespace tutti {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;

constexpr size_t kIdleRead = 1 << 10;  // so small that ten thousand idle connections hold 10 MB
constexpr size_t kBusyRead = 16 << 10;
constexpr size_t kMostPending = 64 << 10;
constexpr size_t kMostBody = size_t(1) << 30;  // whatever a route says

// Counts bytes of a body for as long as its request is being handled.
class BodyLease {
 public:
  BodyLease(std::shared_ptr<Core> core, uint64_t bytes) : core_(std::move(core)), bytes_(bytes) {
    ++core_->requests;
  }
  ~BodyLease() {
    core_->body_bytes -= bytes_;
    --core_->requests;
  }
  BodyLease(const BodyLease&) = delete;
  BodyLease& operator=(const BodyLease&) = delete;

 private:
  std::shared_ptr<Core> core_;
  uint64_t bytes_;
};

}  // namespace

Connection::Connection(std::shared_ptr<Core> core, std::unique_ptr<Transport> transport,
                       std::string peer)
    : core_(std::move(core)),
      transport_(std::move(transport)),
      peer_(std::move(peer)),
      account_(core_->ledger.connection()),
      name_("connection " + std::to_string(core_->accepted)) {}

void Connection::open() {
  deadline_ = Clock::now() + seconds_of(core_->options.limits.header_seconds);
  transport_->handshake([self = shared_from_this()](Error error, size_t) {
    if (error || self->phase_ == Phase::closed) return self->close();
    self->deadline_ = Clock::now() + seconds_of(self->core_->options.limits.idle_seconds);
    self->read();
  });
}

void Connection::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  if (transport_) transport_->close();
  if (const auto reply = exchange_.reply.lock()) reply->set_gone();
  release_body();
  core_->connections.erase(shared_from_this());
  core_->open_connections = core_->connections.size();
}

void Connection::sweep(Clock::time_point now) {
  if (now > write_deadline_) return close();
  if (now < deadline_) return;
  if (phase_ == Phase::handling) {
    const auto reply = exchange_.reply.lock();
    if (reply && !reply->begun()) {
      exchange_.keep_alive = false;
      deadline_ = Clock::time_point::max();
      return reply->expire();
    }
  }
  if ((phase_ == Phase::head || phase_ == Phase::body) && parser_ && !exchange_.begun)
    return refuse({408, "the request did not arrive in time"});
  close();
}

void Connection::drain() {
  if (phase_ == Phase::idle) return close();
  exchange_.keep_alive = false;
}

void Connection::read() {
  if (reading_ || phase_ == Phase::closed) return;
  if (phase_ == Phase::handling && pending_.size() >= kMostPending) return;
  reading_ = true;
  buffer_.resize(phase_ == Phase::body ? kBusyRead : kIdleRead);
  if (phase_ != Phase::body) buffer_.shrink_to_fit();
  transport_->read_some(buffer_.data(), buffer_.size(),
                        [self = shared_from_this()](Error error, size_t size) {
                          self->reading_ = false;
                          self->on_read(error, size);
                        });
}

void Connection::on_read(Error error, size_t size) {
  if (phase_ == Phase::closed) return;
  if (error) return close();
  if (phase_ == Phase::lingering) return read();
  pending_.append(buffer_, 0, size);
  process();
}

void Connection::process() {
  while (!pending_.empty() && phase_ != Phase::handling && phase_ != Phase::lingering) {
    if (!parse()) break;
  }
  if (phase_ != Phase::closed) read();
}

// Feeds what was read to the parser; false where it needs more, or the request was refused.
bool Connection::parse() {
  const HttpLimits& limits = core_->options.limits;
  if (!parser_) {
    parser_.emplace();
    parser_->header_limit(uint32_t(limits.most_header_bytes));
    parser_->body_limit(kMostBody);
    exchange_ = {};
    exchange_.started = Clock::now();
    phase_ = Phase::head;
    deadline_ = Clock::now() + seconds_of(limits.header_seconds);
  }
  Error error;
  const bool in_body = parser_->is_header_done();
  const size_t used = parser_->put(net::buffer(pending_), error);
  pending_.erase(0, used);
  const bool starved = error == http::error::need_more;
  if (error && !starved) {
    const bool long_head = error == http::error::header_limit;
    refuse(long_head ? Refusal{431, "the request's headers are too long"}
           : error == http::error::body_limit
               ? Refusal{413, "the body is too large"}
               : Refusal{400, "this is not a valid HTTP/1.1 request: " + error.message()});
    return false;
  }
  if (in_body && !body_fits()) return false;
  if (!in_body && parser_->is_header_done()) {
    on_head();
    if (phase_ != Phase::body) return false;
    parser_->eager(true);
  }
  if (parser_->is_done()) {
    dispatch();
    return false;
  }
  return !starved && used > 0;
}

// The head is there: the request is let in or refused, before a byte of its body is kept.
void Connection::on_head() {
  const auto& message = parser_->get();
  Request& request = exchange_.request;
  request.method = std::string(message.method_string());
  exchange_.http_1_0 = message.version() < 11;
  exchange_.head_only = request.method == "HEAD";
  exchange_.keep_alive = message.keep_alive() && !core_->draining;
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name) c = char(std::tolower(uint8_t(c)));
    request.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  exchange_.record = {request.method, "", "", peer_};
  const boost::beast::string_view target = message.target();
  if (!parse_target({target.data(), target.size()}, request))
    return refuse({400, "the path is malformed"});
  exchange_.record.path = request.path;
  if (!exchange_.http_1_0 && request.header("host").empty())
    return refuse({400, "the Host header is missing"});
  if (message.count(http::field::host) > 1)
    return refuse({400, "there is more than one Host header"});
  const boost::beast::string_view coding = message[http::field::transfer_encoding];
  if (!coding.empty() && !boost::beast::iequals(coding, "chunked")) {
    exchange_.keep_alive = false;
    return refuse({501, "of transfer codings only chunked is known; send the body as it is"});
  }
  exchange_.cors = cors_headers(core_->options, request);

  BodyClaim claim;
  if (parser_->content_length()) claim.length = *parser_->content_length();
  claim.upgrade = boost::beast::websocket::is_upgrade(message);
  if (const auto refusal = admit(core_->options, core_->router, claim, request, exchange_.route))
    return refuse(*refusal);
  exchange_.record.user = request.user;
  request.owner = request.user.empty() ? name_ : request.user;
  request.account = core_->ledger.request(account_, request.user);
  if (core_->requests >= core_->options.limits.most_requests)
    return refuse({429,
                   "too many requests are being handled; try again",
                   "rate_limit_error",
                   "busy",
                   {{"Retry-After", "1"}}});
  phase_ = Phase::body;
  deadline_ = exchange_.started +
              seconds_of(core_->options.limits.header_seconds + core_->options.limits.slow_seconds);
  const bool waits = request.header("expect") == "100-continue" && !parser_->is_done();
  if (waits && !exchange_.http_1_0) enqueue("HTTP/1.1 100 Continue\r\n\r\n");
}

// Keeps count of the body and of how fast it comes; false where it was refused.
bool Connection::body_fits() {
  const HttpLimits& limits = core_->options.limits;
  const uint64_t now = parser_->get().body().size();
  core_->body_bytes += now - body_bytes_;
  body_bytes_ = now;
  exchange_.record.request_bytes = now;
  deadline_ = exchange_.started + seconds_of(limits.header_seconds + limits.slow_seconds +
                                             now / limits.bytes_per_second);
  if (now > exchange_.route->options.most_bytes) {
    refuse({413, "the body is larger than the " +
                     std::to_string(exchange_.route->options.most_bytes) + " bytes accepted here"});
    return false;
  }
  if (core_->body_bytes > limits.most_body_bytes) {
    refuse({429,
            "too many uploads at once; try again",
            "rate_limit_error",
            "busy",
            {{"Retry-After", "2"}}});
    return false;
  }
  return true;
}

// Answers without a handler. What is left of the body is not wanted, so the connection ends, unless
// there is none.
void Connection::refuse(const Refusal& refusal) {
  if (!parser_->is_done()) exchange_.keep_alive = false;
  phase_ = Phase::handling;
  release_body();
  const bool empty = refusal.status == 204;
  do_start({refusal.status, empty ? "" : "application/json", refusal.headers, true},
           empty ? "" : refusal.body());
}

void Connection::release_body() {
  core_->body_bytes -= body_bytes_;
  body_bytes_ = 0;
}

void Connection::dispatch() {
  phase_ = Phase::handling;
  const Route& route = *exchange_.route;
  deadline_ = Clock::now() + seconds_of(route.options.most_seconds);
  if (route.websocket) return upgrade();
  exchange_.request.body = std::move(parser_->get().body());
  auto lease = std::make_shared<BodyLease>(core_, body_bytes_);
  body_bytes_ = 0;
  auto reply = std::make_shared<Reply>(shared_from_this());
  exchange_.reply = reply;
  auto run = [reply, lease, &route,
              request = std::make_shared<Request>(std::move(exchange_.request))] {
    try {
      route.handler(*request, reply);
    } catch (const std::exception& problem) {
      reply->send(500, "application/json",
                  error_json(std::string("this request could not be handled: ") + problem.what(),
                             "server_error"));
    }
  };
  exchange_.request = {};
  reply.reset();
  if (route.options.quick) return run();
  net::post(core_->workers, std::move(run));
}

// The stream changes hands, and this connection is over.
void Connection::upgrade() {
  // A read at hand would take bytes that are the WebSocket's.
  if (!pending_.empty() || reading_)
    return refuse({400, "frames came before the WebSocket was accepted"});
  const BeastRequest message = parser_->release();
  const auto socket = transport_->upgrade(core_, exchange_.route->options.most_bytes);
  transport_.reset();
  core_->sockets.insert(socket);
  net::post(core_->workers, [core = core_, socket, message, route = exchange_.route,
                             request = std::move(exchange_.request)] {
    try {
      route->websocket(request, socket);
    } catch (const std::exception&) {
      socket->close(1011, "the session could not be started");
    }
    if (!core->ended) net::post(core->io, [socket, message] { socket->open(message); });
  });
  close();
}

}  // namespace tutti
