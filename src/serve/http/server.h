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

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "serve/http/limits/keys.h"
#include "serve/http/limits/ledger.h"
#include "serve/http/router.h"

namespace tutti {

struct HttpLimits {
  // WebSockets included. At the limit the one goes that is silent longest, of the address that has
  // most of them.
  size_t most_connections = 12000;
  size_t most_tls_connections = 4000;  // of kTlsBytes each (tls.h)
  size_t most_handshakes = 512;        // of TLS under way, shared by addresses (shares.h)
  size_t most_websockets = 1000;       // shared by owners; above that 429
  size_t most_waiting = 512;           // requests, shared by owners; above that 429
  size_t most_header_bytes = 16 << 10;
  size_t most_header_fields = 100;
  Ledger::Limits ledger;               // of bytes held for clients
  double header_seconds = 10;          // from a request's first byte to its body
  double idle_seconds = 120;           // between requests
  double slow_seconds = 20;            // a body, message or answer may lag this much behind ...
  double bytes_per_second = 16 << 10;  // ... this rate
};

struct RequestRecord {  // for a log: nothing here is secret
  std::string method, path, user, peer, id;
  int status = 0;
  size_t request_bytes = 0, answer_bytes = 0;
  double seconds = 0;
};

struct HttpOptions {
  std::string address = "127.0.0.1";
  int port = 8080;  // 0: any free one
  int workers = 4;
  std::string certificate_file, private_key_file;  // PEM; both: TLS
  std::vector<std::string> allowed_origins;        // CORS; "*": any
  // Host names that are answered to, and no others. Empty: localhost; where `address` is not the
  // loopback, also any name if a key is asked for, else this machine's own. Addresses always: no
  // web page can point them at this machine (DNS rebinding).
  std::vector<std::string> host_names;
  // Connections from the loopback are those of many: each takes turns, and has places, by itself;
  // only where handshakes or connections are too many do they count as one address. Others, and all
  // where this is false, share everything with those of their address (peers.h).
  bool loopback_is_many = true;
  KeyRing keys;  // empty: no key is asked for
  HttpLimits limits;
  std::function<void(const RequestRecord&)> on_request;  // on the I/O thread; must not block
};

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
