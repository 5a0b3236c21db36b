// What the connections of one server share. Private to src/serve/http/.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <unordered_set>

#include "serve/fair_pool.h"
#include "serve/http/limits/peers.h"
#include "serve/http/options.h"
#include "serve/http/router.h"
#include "serve/http/transport/io_turns.h"

namespace tutti {

class Connection;
class OpenWebSocket;

using Clock = std::chrono::steady_clock;
inline Clock::duration seconds_of(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

constexpr size_t kMuchToRead = 256 << 10;  // a body or message whose parsing takes milliseconds

// Somebody who holds bytes, and can be made to let go of them when others need the room. On the I/O
// thread.
class Holder {
 public:
  virtual ~Holder() = default;
  virtual size_t held() const = 0;
  // Cutting it costs its own client alone, and nothing that is being computed.
  virtual bool can_be_cut() const = 0;
  virtual bool is_leaving() const = 0;  // was cut and has not let go of everything
  virtual void cut() = 0;
};

// `peers`, `connections` and `sockets` belong to the I/O thread.
struct Core {
  Core(Router router, HttpOptions options)
      : router(std::move(router)),
        options(std::move(options)),
        ledger(this->options.limits.ledger),
        workers(
            {.threads = this->options.workers, .most_waiting = this->options.limits.most_waiting}),
        slow_workers({.threads = 2, .most_running_each = 1, .most_waiting = 64}) {}

  const Router router;
  const HttpOptions options;
  Ledger ledger;
  boost::asio::io_context io{1};
  const std::shared_ptr<IoTurns> turns = std::make_shared<IoTurns>(io.get_executor());
  FairPool workers;       // for handlers
  FairPool slow_workers;  // for those with much to read, and for encoders
  Peers peers;
  std::unordered_set<std::shared_ptr<Connection>> connections;
  std::unordered_set<std::shared_ptr<OpenWebSocket>> sockets;
  std::atomic<bool> draining = false;
  std::atomic<bool> ended = false;  // run() is over: nothing posted is run any more
  std::atomic<uint64_t> open_connections = 0, open_sockets = 0, requests = 0, accepted = 0,
                        refused = 0;
  Clock::time_point relieved_at;
  Clock::duration relief_took = {};
  size_t relieved_to = 0;  // bytes held then, but for those of who was leaving

  // Where memory is short, cuts those who hold most and can be cut. Cheap to call often.
  void relieve();
};

}  // namespace tutti
