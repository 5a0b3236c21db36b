// Which handler a request goes to.
//
//   router.add("GET", "/v1/models/{model}", show_model);
//   router.add("GET", "/assets/{file*}", asset);           // the rest of the path
//   router.add("GET", "/healthz", health, {.open = true, .quick = true});
//   router.add_websocket("/v1/realtime", talk);
//
// Fixed segments win over {names}, those over {rest*}. Filled before the server runs, then only
// read, by any thread.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "serve/http/message.h"

namespace tutti {

class WebSocket;
using WebSocketHandler = std::function<void(const Request&, std::shared_ptr<WebSocket>)>;

struct RouteOptions {
  bool open = false;                    // needs no key
  bool quick = false;                   // answered on the I/O thread: microseconds, no blocking
  size_t most_bytes = size_t(1) << 20;  // of a request's body, or of one WebSocket message
  const char* raised_by = nullptr;      // the flag by which it is; for messages
  double most_seconds = 300;            // from the request's last byte to the answer's
  bool slow = false;  // waits for a disk: not among the fast workers, an owner's one by one
};

struct Route {
  std::string method;                 // "GET", ...; empty: WebSocket
  std::vector<std::string> segments;  // "v1", "models", "{model}"
  Handler handler;
  WebSocketHandler websocket;
  RouteOptions options;
};

class Router {
 public:
  void add(const std::string& method, const std::string& path, Handler handler,
           RouteOptions options = {});
  void add_websocket(const std::string& path, WebSocketHandler handler, RouteOptions options = {});

  struct Match {
    const Route* route = nullptr;  // nullptr: see `allowed`
    std::map<std::string, std::string> parameters;
    std::set<std::string> allowed;  // methods that the path has; empty: no such path
  };
  // GET routes answer HEAD too. `upgrade`: the request asks for a WebSocket. Where there is nothing
  // at a path, it is understood as clients with another base URL mean it: without a slash at its
  // end, with one slash for several, with one "/v1" for two, with "/v1" where it is missing.
  Match find(const std::string& method, const std::string& path, bool upgrade) const;

  // What a request for a path that is not there may have meant, as "POST /v1/chat/completions": a
  // path that ends the asked one (another base URL), or is spelt almost like it, else one that
  // begins with it. Always with the asked method. Empty where there is none.
  std::string similar(const std::string& method, const std::string& path) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  Match find_exactly(const std::string& method, const std::string& path, bool upgrade) const;

  std::vector<Route> routes_;
};

}  // namespace tutti
