// Whether a request may come in, decided from its head alone, before its body is read: the host it
// names, the page it comes from, its key, its route, its size. Pure functions.
#pragma once

#include <optional>

#include "serve/http/options.h"
#include "serve/http/router.h"

namespace tutti {

struct Refusal {
  int status = 400;
  std::string message, type = "invalid_request_error", code;
  Headers headers = {};

  std::string body() const { return error_json(message, type, code); }
};

// Makes the options' origins what browsers write: in lower case, without a slash at the end. usage:
// a host name or an origin is none.
Status check_names(HttpOptions& options);

// too_large: 413; busy: 429 with Retry-After.
Refusal refusal_of(const Error& error);

// Of a body that is larger than the route's.
Refusal too_large_a_body(const RouteOptions& options);

inline const Refusal kBusy = {429,
                              "too many requests wait already; try again",
                              "rate_limit_error",
                              "busy",
                              {{"Retry-After", "1"}}};
inline const Refusal kNoMemory = {503,
                                  "the server is short of memory; try again",
                                  "server_error",
                                  "busy",
                                  {{"Retry-After", "1"}}};

// What is known of a request's body before it is read.
struct BodyClaim {
  std::optional<uint64_t> length;  // Content-Length
  bool upgrade = false;            // asks for a WebSocket
};

// Fills in route, request.parameters and request.user; or says why not. A CORS preflight is
// "refused" with 204.
std::optional<Refusal> admit(const HttpOptions& options, const Router& router,
                             const BodyClaim& claim, Request& request, const Route*& route);

// What every answer to this request must say so that an allowed page may read it.
Headers cors_headers(const HttpOptions& options, const Request& request);

// The key that came with a request: "Authorization: Bearer KEY", or the WebSocket subprotocol
// openai-insecure-api-key.KEY, which is all that a browser can send.
std::string_view presented_key(const Request& request);

// An IP address; of IPv6 also one with a scope: "fe80::1%eth0".
bool is_address(const std::string& text);

bool is_loopback(const std::string& address);

}  // namespace tutti
