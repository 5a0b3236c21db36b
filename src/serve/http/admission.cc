#include "serve/http/admission.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/quote.h"

namespace tutti {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return out;
}

// "Example.com:8080" and "[::1]:8080" without port, in lower case.
std::string host_name(std::string_view host) {
  const size_t colon = host.rfind(':');
  const size_t bracket = host.rfind(']');
  if (colon != host.npos && (bracket == host.npos || colon > bracket)) host = host.substr(0, colon);
  return lower(host);
}

// "[::1]" as "::1".
std::string unbracketed(const std::string& name) {
  const bool brackets = name.size() > 2 && name.front() == '[' && name.back() == ']';
  return brackets ? name.substr(1, name.size() - 2) : name;
}

std::string own_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? lower(name) : "";
}

// A page can point a name of its own at this machine, and then use the server as if it were the
// page's; it cannot do so with an address, nor with a name that is not its own. Where keys are
// asked for, it has none.
bool host_allowed(const HttpOptions& options, std::string_view host) {
  if (host.empty()) return true;  // HTTP/1.0: no browser leaves it out
  const std::string name = host_name(host);
  if (is_address(unbracketed(name))) return true;
  const std::vector<std::string>& names = options.host_names;
  if (!names.empty())
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& allowed) { return lower(allowed) == name; });
  if (name == "localhost" || name.ends_with(".localhost")) return true;
  if (is_loopback(options.address)) return false;
  static const std::string own = own_name();
  return !options.keys.empty() || (!own.empty() && name == own);
}

// Origins are kept as browsers write them (check_names).
bool listed(const std::vector<std::string>& origins, std::string_view origin) {
  return std::any_of(origins.begin(), origins.end(), [&](const std::string& allowed) {
    return allowed == "*" || allowed == lower(origin);
  });
}

// A page of this server's own: "http://HOST" with the very host that the request names.
bool same_origin(const Request& request, std::string_view origin) {
  const size_t scheme = origin.find("://");
  return scheme != origin.npos && lower(origin.substr(scheme + 3)) == lower(request.header("host"));
}

// Those of HTTP: a WebSocket's is empty.
std::string methods_of(const Router::Match& match) {
  std::string text;
  for (const std::string& method : match.allowed)
    if (!method.empty()) text += (text.empty() ? "" : ", ") + method;
  return text;
}

std::optional<Refusal> check_source(const HttpOptions& options, const Request& request) {
  const std::string_view host = request.header("host"), origin = request.header("origin");
  if (!host_allowed(options, host))
    return Refusal{403, "this server does not answer to the Host " + quote(host) +
                            "; start it with --host-name " + quote(host_name(host)) +
                            ", or use its address"};
  if (!origin.empty() && !same_origin(request, origin) && !listed(options.allowed_origins, origin))
    return Refusal{403, "pages of " + quote(origin) +
                            " may not use this server; allow them with --cors " + quote(origin)};
  return std::nullopt;
}

Refusal preflight(const Router::Match& match) {
  Refusal answer{204, "", "", ""};
  answer.headers = {{"Access-Control-Allow-Methods", methods_of(match)},
                    {"Access-Control-Allow-Headers", "*, Authorization, Content-Type"},
                    {"Access-Control-Max-Age", "600"}};
  return answer;
}

Refusal nothing_there(const HttpOptions& options, const Router& router, const Request& request) {
  const std::string meant = router.similar(request.method, request.path);
  const char* scheme = options.certificate_file.empty() ? "http://" : "https://";
  return {404,
          "there is nothing at " + request.method + " " + quote(request.path) + "; " +
              (meant.empty() ? "the" : "did you mean " + meant + "? The") +
              " base URL of the API is " +
              quote(scheme + std::string(request.header("host")) + "/v1") +
              ", and GET /openapi.json lists what there is",
          "invalid_request_error", "unknown_url"};
}

std::optional<Refusal> check_route(const HttpOptions& options, const Router& router,
                                   const Router::Match& match, const Request& request,
                                   bool upgrade) {
  if (match.route) return std::nullopt;
  if (match.allowed.empty()) return nothing_there(options, router, request);
  if (!upgrade && match.allowed.size() == 1 && match.allowed.begin()->empty())
    return Refusal{426,
                   "connect to this path as a WebSocket",
                   "invalid_request_error",
                   "",
                   {{"Upgrade", "websocket"}}};
  if (upgrade)
    return Refusal{400, quote(request.path) + " is not a WebSocket; it takes " + methods_of(match) +
                            ", without the header Upgrade"};
  return Refusal{405,
                 quote(request.path) + " takes " + methods_of(match) + ", not " + request.method,
                 "invalid_request_error",
                 "method_not_allowed",
                 {{"Allow", methods_of(match)}}};
}

std::optional<Refusal> check_body(const BodyClaim& claim, const Request& request,
                                  const Route& route) {
  const std::string encoding = lower(request.header("content-encoding"));
  if (!encoding.empty() && encoding != "identity")
    return Refusal{415, "compressed requests are not accepted; send the body as it is"};
  if (claim.length && *claim.length > route.options.most_bytes)
    return too_large_a_body(route.options);
  return std::nullopt;
}

}  // namespace

Refusal too_large_a_body(const RouteOptions& options) {
  return {413, "the body is larger than the " + std::to_string(options.most_bytes) +
                   " bytes accepted here; send less" +
                   (options.raised_by
                        ? ", or start the server with a larger " + std::string(options.raised_by)
                        : "")};
}

Status check_names(HttpOptions& options) {
  for (const std::string& name : options.host_names)
    if (name.empty() || name.find_first_of(":/ ") != name.npos)
      return usage_error("--host-name is " + quote(name) +
                         "; give the name alone, without scheme, port or slash, as "
                         "example.org (addresses are answered to anyway)");
  for (std::string& origin : options.allowed_origins) {
    if (origin == "*") continue;
    const std::string given = std::exchange(origin, lower(origin));
    if (origin.ends_with('/')) origin.pop_back();
    const size_t scheme = origin.find("://"), host = scheme + 3;
    if (scheme == 0 || scheme == origin.npos || host == origin.size() ||
        origin.find_first_of("/ ?#@*", host) != origin.npos)
      return usage_error("--cors is " + quote(given) +
                         "; give an origin: scheme, host and perhaps a port, as "
                         "https://example.org or http://localhost:3000, or * for any");
  }
  return {};
}

Refusal refusal_of(const Error& error) {
  if (error.code() == ErrorCode::too_large) return {413, error.message()};
  return {429, error.message(), "rate_limit_error", "busy", {{"Retry-After", "2"}}};
}

bool is_address(const std::string& text) {
  in6_addr ignored;
  return inet_pton(AF_INET, text.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, text.substr(0, text.find('%')).c_str(), &ignored) == 1;
}

bool is_loopback(const std::string& address) {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

std::string_view presented_key(const Request& request) {
  const std::string_view header = request.header("authorization");
  if (header.size() > 7 && lower(header.substr(0, 7)) == "bearer ") {
    const std::string_view key = header.substr(7);
    return key.substr(std::min(key.size(), key.find_first_not_of(' ')));
  }
  constexpr std::string_view marker = "openai-insecure-api-key.";
  std::string_view protocols = request.header("sec-websocket-protocol");
  const size_t at = protocols.find(marker);
  if (at == protocols.npos) return {};
  protocols.remove_prefix(at + marker.size());
  return protocols.substr(0, protocols.find_first_of(", "));
}

std::optional<Refusal> admit(const HttpOptions& options, const Router& router,
                             const BodyClaim& claim, Request& request, const Route*& route) {
  if (auto refusal = check_source(options, request)) return refusal;
  const bool asks_leave =
      request.method == "OPTIONS" && !request.header("access-control-request-method").empty();
  Router::Match match = router.find(request.method, request.path, claim.upgrade);
  if (asks_leave) return preflight(match);
  const bool open = match.route && match.route->options.open;
  if (!options.keys.empty() && !open) {
    const auto user = options.keys.check(presented_key(request));
    if (!user)
      return Refusal{401,
                     "a valid key is needed, as: Authorization: Bearer KEY",
                     "authentication_error",
                     "invalid_api_key",
                     {{"WWW-Authenticate", "Bearer"}}};
    request.user = *user;
  }
  if (auto refusal = check_route(options, router, match, request, claim.upgrade)) return refusal;
  if (auto refusal = check_body(claim, request, *match.route)) return refusal;
  route = match.route;
  request.parameters = std::move(match.parameters);
  return std::nullopt;
}

Headers cors_headers(const HttpOptions& options, const Request& request) {
  const std::string_view origin = request.header("origin");
  if (origin.empty() || !listed(options.allowed_origins, origin)) return {};
  return {{"Access-Control-Allow-Origin", std::string(origin)},
          {"Access-Control-Expose-Headers", "*"},
          {"Vary", "Origin"}};
}

}  // namespace tutti
