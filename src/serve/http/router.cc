#include "serve/http/router.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/similar.h"

namespace tutti {
namespace {

constexpr size_t kLongestMisspelt = 256;  // bytes of a path; to look for what is similar takes time

// Of a path, which must stay.
std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  for (size_t begin = 1, end = 0; end < path.size(); begin = end + 1) {
    end = std::min(path.find('/', begin), path.size());
    segments.push_back(path.substr(begin, end - begin));
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
std::string match(const Route& route, const std::vector<std::string_view>& path) {
  std::string rank;
  for (size_t i = 0; i < route.segments.size(); ++i) {
    const std::string& segment = route.segments[i];
    if (i >= path.size() || (is_name(segment) && !is_rest(segment) && path[i].empty())) return {};
    if (!is_name(segment) && segment != path[i]) return {};
    if (is_rest(segment)) return rank + '1';
    rank += is_name(segment) ? '2' : '3';
  }
  return route.segments.size() == path.size() ? rank : "";
}

// Of a route that fits the path.
std::map<std::string, std::string> parameters_of(const Route& route,
                                                 const std::vector<std::string_view>& path) {
  std::map<std::string, std::string> parameters;
  for (size_t i = 0; i < route.segments.size(); ++i) {
    const std::string& segment = route.segments[i];
    if (is_rest(segment))
      parameters[segment.substr(1, segment.size() - 3)] =
          std::string(path[i].begin(), path.back().end());
    else if (is_name(segment))
      parameters[segment.substr(1, segment.size() - 2)] = path[i];
  }
  return parameters;
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

// How many letters of a segment may be wrong: short words are easily others.
size_t most_slips(const std::string& segment, bool named) {
  return segment.size() < 4 ? 0 : segment.size() < 8 || named ? 1 : 2;
}

// How many letters of a route's fixed segments are wrong in a path; nothing where it is not that
// route's path misspelt.
std::optional<size_t> slips(const Route& route, const std::vector<std::string_view>& path) {
  if (route.segments.size() != path.size() || is_rest(route.segments.back())) return std::nullopt;
  const bool named = std::any_of(route.segments.begin(), route.segments.end(), is_name);
  size_t all = 0;
  for (size_t i = 0; i < path.size(); ++i) {
    const std::string& segment = route.segments[i];
    const bool is_fixed = !is_name(segment);
    const size_t most = most_slips(segment, named);
    const size_t wrong = is_fixed && segment != path[i] ? letters_apart(segment, path[i], most) : 0;
    if (wrong > most || path[i].empty()) return std::nullopt;
    all += wrong;
  }
  return all;
}

// The route's path with the asked names in the places of its own.
std::string said(const Route& route, const std::vector<std::string_view>& path) {
  std::string text = route.method.empty() ? "a WebSocket at " : route.method + " ";
  for (size_t i = 0; i < route.segments.size(); ++i)
    text.append("/").append(is_name(route.segments[i]) ? path[i] : route.segments[i]);
  return text;
}

// Whether a route goes on where the path ends, with fixed segments alone.
bool begins_with(const Route& route, const std::vector<std::string_view>& path) {
  return path.size() > 1 && route.segments.size() > path.size() &&
         std::equal(path.begin(), path.end(), route.segments.begin()) &&
         std::none_of(route.segments.begin(), route.segments.end(), is_name);
}

}  // namespace

void Router::add(const std::string& method, const std::string& path, Handler handler,
                 RouteOptions options) {
  const auto segments = split(path);
  routes_.push_back(
      {method, {segments.begin(), segments.end()}, std::move(handler), nullptr, options});
}

void Router::add_websocket(const std::string& path, WebSocketHandler handler,
                           RouteOptions options) {
  const auto segments = split(path);
  routes_.push_back({"", {segments.begin(), segments.end()}, nullptr, std::move(handler), options});
}

Router::Match Router::find(const std::string& method, const std::string& path, bool upgrade) const {
  Match match = find_exactly(method, path, upgrade);
  if (!match.allowed.empty()) return match;
  std::string meant = with_single_slashes(path);
  size_t repeated = 0;
  while (meant.compare(repeated, 7, "/v1/v1/") == 0) repeated += 3;
  meant.erase(0, repeated);
  if (meant != path) match = find_exactly(method, meant, upgrade);
  if (!match.allowed.empty() || meant == "/") return match;
  return find_exactly(method, with_version(meant), upgrade);
}

Router::Match Router::find_exactly(const std::string& method, const std::string& path,
                                   bool upgrade) const {
  const std::vector<std::string_view> segments = split(path);
  const std::string wanted = upgrade ? "" : method == "HEAD" ? "GET" : method;
  Match best;
  std::string best_rank;
  for (const Route& route : routes_) {
    const std::string rank = match(route, segments);
    if (rank.empty()) continue;
    best.allowed.insert(route.method);
    if (route.method != wanted || rank <= best_rank) continue;
    best_rank = rank;
    best.route = &route;
  }
  if (best.route) best.parameters = parameters_of(*best.route, segments);
  return best;
}

std::string Router::similar(const std::string& method, const std::string& path) const {
  if (path.size() > kLongestMisspelt) return {};
  const std::string wanted = method == "HEAD" ? "GET" : method;
  const auto may_be_meant = [&](const Route& route) {
    return route.method == wanted || (wanted == "GET" && route.method.empty());
  };
  std::string longer;
  for (const std::string& ending : endings(with_single_slashes(path))) {
    const std::string versioned = with_version(ending);
    const Route* best = nullptr;
    size_t least = SIZE_MAX;
    std::vector<std::string_view> of_best;
    for (const std::string* asked : {&versioned, &ending}) {
      const std::vector<std::string_view> segments = split(*asked);
      for (const Route& route : routes_) {
        if (!may_be_meant(route)) continue;
        const auto wrong = slips(route, segments);
        if (wrong && *wrong < least) best = &route, least = *wrong, of_best = segments;
        if (longer.empty() && begins_with(route, segments)) longer = said(route, segments);
      }
    }
    if (best) return said(*best, of_best);
  }
  return longer;
}

}  // namespace tutti
