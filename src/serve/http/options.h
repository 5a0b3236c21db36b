// How an HTTP server is set up: where it listens, whom it lets in, and its limits.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "serve/http/limits/keys.h"
#include "serve/http/limits/ledger.h"

namespace tutti {

struct HttpLimits {
  // WebSockets included. At the limit, the address with the most idle connections loses the one
  // that has been silent longest.
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
  int status = 0;  // 0: it was cut before its answer began
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

}  // namespace tutti
