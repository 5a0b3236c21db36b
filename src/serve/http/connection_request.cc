// Connection: how a request comes in, from its first byte until somebody handles it.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "serve/http/connection.h"
#include "serve/http/dispatch.h"
#include "serve/http/request_head.h"
#include "serve/http/request_id.h"
#include "serve/shares.h"

namespace tutti {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;

constexpr size_t kWebSocketBytes = 64 << 10;  // of a silent one, with its session

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
  if (waits_for_leave(exchange_.request) && !exchange_.http_1_0)
    enqueue({"HTTP/1.1 100 Continue\r\n\r\n", {}});
}

std::optional<Refusal> Connection::read_fields(const BeastRequest& message) {
  Request& request = exchange_.request;
  exchange_.head_only = message.method_string() == "HEAD";
  note_request_line();
  auto refusal =
      read_head_fields(message, core_->options.limits.most_header_fields, head_charge_, request);
  if (refusal && refusal->status == 501) exchange_.keep_alive = false;  // nobody knows its end
  if (!refusal) exchange_.cors = cors_headers(core_->options, request);
  return refusal;
}

std::optional<Refusal> Connection::admit_request(const BodyClaim& claim) {
  const HttpLimits& limits = core_->options.limits;
  Request& request = exchange_.request;
  if (auto refusal = admit(core_->options, core_->router, claim, request, exchange_.route))
    return refusal;
  exchange_.record.user = request.user;
  if (!request.user.empty()) turn_ = "key " + request.user;
  request.owner = exchange_.owner = request.user.empty() ? name_ : request.user;
  request.account = core_->ledger.request(account_, request.user);
  body_charge_ = Charge(request.account);
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
  if (exchange_.route->options.quick ||
      pool_for(*core_, *exchange_.route, claim.length.value_or(0)).has_room(request.owner))
    return std::nullopt;
  return kBusy;
}

// Keeps what came of the body, if it may, and counts how fast it comes.
bool Connection::read_body() {
  std::string& body = exchange_.request.body;
  if (const Status status = body_charge_.set(body.size() + pending_.size()); !status) {
    refuse(refusal_of(status.error()));
    return false;
  }
  const size_t used = exchange_.body->feed(pending_, body);
  pending_.erase(0, used);
  body_charge_.shrink(body_charge_.bytes() - body.size());
  on_body(used);
  return false;
}

// More of the body is there.
void Connection::on_body(size_t size) {
  const HttpLimits& limits = core_->options.limits;
  exchange_.record.request_bytes = exchange_.request.body.size();
  const auto now = Clock::now();
  deadline_ = std::min(deadline_ + seconds_of(double(size) / limits.bytes_per_second),
                       now + seconds_of(limits.slow_seconds));
  if (exchange_.body->problem() != BodyReader::Problem::none)
    refuse(bad_framing(exchange_.body->problem()));
  else if (exchange_.record.request_bytes > exchange_.route->options.most_bytes)
    refuse(too_large_a_body(exchange_.route->options));
  else if (exchange_.body->done())
    dispatch();
}

// The request is whole.
void Connection::dispatch() {
  const Route& route = *exchange_.route;
  deadline_ = Clock::now() + seconds_of(route.options.most_seconds);
  if (route.websocket) return upgrade();
  // What throws up to here is answered by guard().
  const auto relay =
      std::make_shared<ReplyRelay>(core_, shared_from_this(), exchange_.request.account);
  const auto reply = std::make_shared<Reply>(relay, exchange_.head_only);
  phase_ = Phase::handling;
  place_->enter(Peers::working);
  exchange_.reply = reply;
  run_handler(core_, route, std::exchange(exchange_.request, {}), std::move(body_charge_), reply);
}

// The stream changes hands, and this connection is over.
void Connection::upgrade() {
  if (!pending_.empty())
    return refuse(
        {400,
         "something was sent behind the request for a WebSocket before that was accepted; "
         "wait for the answer 101"});
  // A read at hand would take bytes that are the WebSocket's.
  if (reading_)
    return refuse({400,
                   "the WebSocket was asked for while another request on this connection was being "
                   "answered; ask on a connection of its own, or when the answer is there"});
  Charge session(exchange_.request.account);
  if (const Status status = session.grow(kWebSocketBytes); !status)
    return refuse(refusal_of(status.error()));
  const bool started =
      start_websocket(core_, stream_, *exchange_.route, std::move(exchange_.request),
                      *std::move(exchange_.handshake), std::move(session));
  stream_.reset();
  exchange_.record.status = started ? 101 : 503;
  close();
}

}  // namespace tutti
