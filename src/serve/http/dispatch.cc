#include "serve/http/dispatch.h"

#include "base/guard.h"
#include "serve/http/admission.h"

namespace tutti {
namespace {

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

FairPool& pool_for(Core& core, const Route& route, size_t body_bytes) {
  const bool slow = route.options.slow || body_bytes > kMuchToRead;
  return slow ? core.slow_workers : core.workers;
}

void run_handler(const std::shared_ptr<Core>& core, const Route& route, Request request,
                 Charge body, const std::shared_ptr<Reply>& reply) {
  const Refusal* refusal = &kNoMemory;
  survives([&] {
    const auto kept = std::make_shared<Request>(std::move(request));
    const auto lease = std::make_shared<Lease>(core, std::move(body));
    const auto work = [reply, lease, &route, kept] { handle(route, *kept, reply); };
    if (route.options.quick) {
      refusal = nullptr;
      return work();
    }
    const bool taken = pool_for(*core, route, kept->body.size()).offer(kept->owner, work);
    refusal = taken ? nullptr : &kBusy;
  });
  if (refusal) reply->send(refusal->status, "application/json", refusal->body(), refusal->headers);
}

bool start_websocket(const std::shared_ptr<Core>& core, std::shared_ptr<Stream> stream,
                     const Route& route, Request request, BeastRequest handshake, Charge session) {
  const auto kept = std::make_shared<Request>(std::move(request));
  const auto accepted = std::make_shared<const BeastRequest>(std::move(handshake));
  const auto socket =
      make_websocket(std::move(stream), core,
                     {route.options.most_bytes, kept->owner, kept->id, std::move(session)});
  const auto start = [socket, accepted, &route, kept] {
    if (!survives([&] { route.websocket(*kept, socket); }))
      survives([&] { socket->close(1011, "the session could not be started"); });
    socket->open(accepted);
  };
  const bool started = survives([&] {
    core->sockets.insert(socket);
    core->workers.post(kept->owner, start);
  });
  if (!started) socket->abort();
  return started;
}

}  // namespace tutti
