#include "serve/http/router.h"

namespace tutti {
namespace {

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> segments;
  size_t begin = 1;
  for (size_t i = 1; i <= path.size(); ++i)
    if (i == path.size() || path[i] == '/') {
      segments.push_back(path.substr(begin, i - begin));
      begin = i + 1;
    }
  return segments;
}

bool is_name(const std::string& segment) {
  return segment.size() > 2 && segment[0] == '{';
}
bool is_rest(const std::string& segment) {
  return is_name(segment) && segment[segment.size() - 2] == '*';
}

// How well a route fits: a digit a segment, 3 fixed, 2 {name}, 1 {rest*}; empty: not at all.
// Compared as text, the first difference decides.
std::string match(const Route& route, const std::vector<std::string>& path,
                  std::map<std::string, std::string>& parameters) {
  std::string rank;
  for (size_t i = 0; i < route.segments.size(); ++i) {
    const std::string& segment = route.segments[i];
    if (is_rest(segment)) {
      if (i >= path.size()) return {};
      std::string& rest = parameters[segment.substr(1, segment.size() - 3)];
      for (size_t k = i; k < path.size(); ++k) rest += (k > i ? "/" : "") + path[k];
      return rank + '1';
    }
    if (i >= path.size()) return {};
    if (is_name(segment)) {
      if (path[i].empty()) return {};
      parameters[segment.substr(1, segment.size() - 2)] = path[i];
      rank += '2';
    } else {
      if (segment != path[i]) return {};
      rank += '3';
    }
  }
  return route.segments.size() == path.size() ? rank : "";
}

}  // namespace

void Router::add(const std::string& method, const std::string& path, Handler handler,
                 RouteOptions options) {
  routes_.push_back({method, split(path), std::move(handler), nullptr, options});
}

void Router::add_websocket(const std::string& path, WebSocketHandler handler,
                           RouteOptions options) {
  routes_.push_back({"", split(path), nullptr, std::move(handler), options});
}

Router::Match Router::find(const std::string& method, const std::string& path, bool upgrade) const {
  Match match = find_exactly(method, path, upgrade);
  if (!match.allowed.empty()) return match;
  std::string meant = path;
  while (meant.size() > 1 && meant.back() == '/') meant.pop_back();
  while (meant.starts_with("/v1/v1/")) meant.erase(0, 3);
  if (!meant.starts_with("/v1/") && meant.size() > 1) {
    match = find_exactly(method, "/v1" + meant, upgrade);
    if (!match.allowed.empty()) return match;
  }
  return meant == path ? match : find_exactly(method, meant, upgrade);
}

Router::Match Router::find_exactly(const std::string& method, const std::string& path,
                                   bool upgrade) const {
  const std::vector<std::string> segments = split(path);
  const std::string wanted = upgrade ? "" : method == "HEAD" ? "GET" : method;
  Match best;
  std::string best_rank;
  for (const Route& route : routes_) {
    std::map<std::string, std::string> parameters;
    const std::string rank = match(route, segments, parameters);
    if (rank.empty()) continue;
    best.allowed.insert(route.method);
    if (route.method != wanted || rank <= best_rank) continue;
    best_rank = rank;
    best.route = &route;
    best.parameters = std::move(parameters);
  }
  return best;
}

}  // namespace tutti
