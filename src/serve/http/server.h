// An HTTP/1.1 server: keep-alive, chunked answers, server-sent events, WebSockets, TLS.
//
//   Router router;
//   router.add("GET", "/healthz", ..., {.open = true, .quick = true});
//   TUTTI_ASSIGN(HttpServer server, HttpServer::listen(std::move(router), {}));
//   server.run();                        // until stop()
//
// One thread moves all bytes; handlers run on `workers` threads, those with much to read on two of
// their own, in turns of their clients (fair_pool.h). run() blocks; stop(), port() and stats() may
// be called from any thread, and stop() from a signal's thread.
//
// Goals: ten thousand idle connections in tens of megabytes; no client, slow, half-open, silent or
// hostile, holds memory or a worker for longer than its limits; every byte held for a client is
// counted first (ledger.h), and where memory is short the largest of what is being received or not
// being read is cut, so that others are served; nothing thrown ends the process. Non-goals: HTTP/2
// (a proxy in front does it), compression (answers are small; compressed requests are refused, so
// that no small body grows large), files from disk.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "serve/http/options.h"
#include "serve/http/router.h"

namespace tutti {

class HttpServer {
 public:
  // failed: the address is taken or not ours; bad_input: certificate or key cannot be used; usage:
  // an address, a host name or an origin is none.
  static Result<HttpServer> listen(Router router, HttpOptions options);
  HttpServer(HttpServer&&) noexcept;
  HttpServer& operator=(HttpServer&&) noexcept;
  ~HttpServer();

  int port() const;

  void run();
  // Accepts no more, lets answers end for `grace_seconds`, then cuts them; run() returns.
  void stop(double grace_seconds);
  bool stopping() const;

  // Runs `work` of a request that was let in, on a worker for what takes long, when it is the turn
  // of its owner (Request::owner).
  void post(std::function<void()> work, const std::string& owner = {});

  // As post(), but what goes through one sequence runs one after another.
  std::function<void(std::function<void()>)> sequence(const std::string& owner = {});

  struct Stats {
    uint64_t connections = 0, requests = 0;  // open, being handled
    uint64_t websockets = 0;                 // open
    uint64_t accepted = 0, refused = 0;      // connections since the start
    uint64_t body_bytes = 0;                 // held for clients now (ledger.h)
  };
  Stats stats() const;

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tutti
