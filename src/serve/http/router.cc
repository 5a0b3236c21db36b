#include "serve/http/router.h"

#include "base/similar.h"

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

// One slash for several, and none at the end.
std::string with_single_slashes(const std::string& path) {
  std::string plain;
  for (const char c : path)
    if (c != '/' || !plain.ends_with('/')) plain += c;
  if (plain.size() > 1 && plain.ends_with('/')) plain.pop_back();
  return plain;
}

std::string with_version(const std::string& path) {
  return path.starts_with("/v1/") ? path : "/v1" + path;
}

// The path, and what is left of it behind each of its first segments: a client that was given
// another base URL puts its path in front.
std::vector<std::string> endings(const std::string& path) {
  constexpr size_t kMost = 5;
  std::vector<std::string> all = {path};
  for (size_t at = 0; all.size() < kMost && (at = path.find('/', at + 1)) != path.npos;)
    all.push_back(path.substr(at));
  return all;
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
  std::string meant = with_single_slashes(path);
  while (meant.starts_with("/v1/v1/")) meant.erase(0, 3);
  if (meant != path) match = find_exactly(method, meant, upgrade);
  if (!match.allowed.empty() || meant == "/") return match;
  return find_exactly(method, with_version(meant), upgrade);
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

// The routes' paths with the asked names in the places of theirs.
std::vector<std::string> Router::paths_like(const std::vector<std::string>& asked) const {
  std::vector<std::string> paths;
  for (const Route& route : routes_) {
    if (route.segments.size() != asked.size()) continue;
    std::string path;
    for (size_t i = 0; i < asked.size(); ++i)
      path += "/" + (is_name(route.segments[i]) ? asked[i] : route.segments[i]);
    paths.push_back(std::move(path));
  }
  return paths;
}

// Empty where there is nothing at that path, or nothing that may be proposed: whoever did not ask
// to delete is never told to.
std::string Router::with_method(const std::string& method, const std::string& path) const {
  std::set<std::string> allowed = find_exactly(method, path, false).allowed;
  const std::string wanted = method == "HEAD" ? "GET" : method;
  for (const char* known : {wanted.c_str(), "GET", "POST"})
    if (allowed.contains(known)) return known + (" " + path);
  allowed.erase("DELETE");
  if (allowed.empty()) return {};
  const std::string& first = *allowed.begin();
  return (first.empty() ? "a WebSocket at" : first) + " " + path;
}

std::string Router::similar(const std::string& method, const std::string& path) const {
  const std::vector<std::string> all = endings(with_single_slashes(path));
  for (const std::string& ending : all) {
    if (ending == "/") continue;
    if (std::string meant = with_method(method, with_version(ending)); !meant.empty()) return meant;
  }
  for (const std::string& ending : all) {
    std::string best;
    size_t least = SIZE_MAX;
    for (const std::string& wanted : {ending, with_version(ending)}) {
      const std::string nearest = most_similar(wanted, paths_like(split(wanted)));
      const size_t apart = nearest.empty() ? SIZE_MAX : letters_apart(wanted, nearest);
      if (apart < least) best = nearest, least = apart;
    }
    if (best.empty()) continue;
    if (std::string meant = with_method(method, best); !meant.empty()) return meant;
  }
  return {};
}

}  // namespace tutti
