// What the connections of one server share. Private to src/serve/http/.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <unordered_set>

#include "serve/http/server.h"

namespace tutti {

class Connection;
class OpenWebSocket;

using Clock = std::chrono::steady_clock;
inline Clock::duration seconds_of(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

// `connections` and `sockets` belong to the I/O thread.
struct Core {
  Core(Router router, HttpOptions options)
      : router(std::move(router)),
        options(std::move(options)),
        ledger(this->options.limits.ledger),
        workers(this->options.workers) {}

  const Router router;
  const HttpOptions options;
  Ledger ledger;
  boost::asio::io_context io{1};
  boost::asio::thread_pool workers;
  std::unordered_set<std::shared_ptr<Connection>> connections;
  std::unordered_set<std::shared_ptr<OpenWebSocket>> sockets;
  std::atomic<bool> draining = false;
  std::atomic<bool> ended = false;  // run() is over: nothing posted is run any more
  std::atomic<uint64_t> open_connections = 0, requests = 0, accepted = 0, refused = 0;
  std::atomic<uint64_t> body_bytes = 0;
};

}  // namespace tutti
