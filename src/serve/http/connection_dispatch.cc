// Connection: a request is whole, and goes to its handler or becomes a WebSocket.
#include "serve/http/connection.h"
#include "base/guard.h"

namespace tutti {
namespace {

constexpr size_t kMuchToRead = 256 << 10;     // a body whose parsing takes milliseconds
constexpr size_t kWebSocketBytes = 64 << 10;  // of a silent one, with its session

// Holds a body's charge for as long as its request is being handled.
class Lease {
 public:
  Lease(std::shared_ptr<Core> core, Charge body) : core_(std::move(core)), body_(std::move(body)) {
    ++core_->requests;
  }
  ~Lease() { --core_->requests; }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

 private:
  std::shared_ptr<Core> core_;
  Charge body_;
};

void handle(const Route& route, Request& request, const ReplyPtr& reply) {
  std::string problem = "something was thrown";
  try {
    return route.handler(request, reply);
  } catch (const std::bad_alloc&) {
    return reply->send(kNoMemory.status, "application/json", kNoMemory.body(), kNoMemory.headers);
  } catch (const std::exception& thrown) {
    problem = thrown.what();
  } catch (...) {
  }
  reply->send(500, "application/json",
              error_json("this request could not be handled: " + problem, "server_error"));
}

}  // namespace

FairPool& Connection::pool_for(size_t body_bytes) const {
  const bool slow = exchange_.route->options.slow || body_bytes > kMuchToRead;
  return slow ? core_->slow_workers : core_->workers;
}

void Connection::dispatch() {
  const Route& route = *exchange_.route;
  deadline_ = Clock::now() + seconds_of(route.options.most_seconds);
  if (route.websocket) return upgrade();
  // What throws up to here is answered by guard().
  const auto request = std::make_shared<Request>(std::move(exchange_.request));
  const auto lease = std::make_shared<Lease>(core_, std::move(body_charge_));
  const auto reply = std::make_shared<Reply>(shared_from_this(), exchange_.head_only);
  phase_ = Phase::handling;
  place_->enter(Peers::working);
  exchange_.reply = reply;
  exchange_.request = {};
  if (route.options.quick) return handle(route, *request, reply);
  const Refusal* refusal = &kBusy;
  const bool asked = survives([&] {
    const auto work = [reply, lease, &route, request] { handle(route, *request, reply); };
    if (pool_for(request->body.size()).offer(request->owner, work)) refusal = nullptr;
  });
  if (!asked) refusal = &kNoMemory;
  if (refusal) reply->send(refusal->status, "application/json", refusal->body(), refusal->headers);
}

// The stream changes hands, and this connection is over.
void Connection::upgrade() {
  // A read at hand would take bytes that are the WebSocket's.
  if (!pending_.empty() || reading_)
    return refuse({400, "frames came before the WebSocket was accepted"});
  Charge session(exchange_.request.account);
  if (const Status status = session.grow(kWebSocketBytes); !status)
    return refuse(refusal_of(status.error()));
  const auto request = std::make_shared<Request>(std::move(exchange_.request));
  const auto handshake = std::make_shared<const BeastRequest>(*std::move(exchange_.handshake));
  const auto socket = make_websocket(
      stream_, core_,
      {exchange_.route->options.most_bytes, request->owner, request->id, std::move(session)});
  stream_.reset();
  const auto start = [socket, handshake, route = exchange_.route, request] {
    if (!survives([&] { route->websocket(*request, socket); }))
      survives([&] { socket->close(1011, "the session could not be started"); });
    socket->open(handshake);
  };
  const bool started = survives([&] {
    core_->sockets.insert(socket);
    core_->workers.post(request->owner, start);
  });
  if (!started) socket->abort();
  close();
}

}  // namespace tutti
