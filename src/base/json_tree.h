// JSON from strangers, built in one pass over nlohmann's lexer, with limits that are looked at
// before a value is kept. Takes time in proportion to the text, but for what finding a key in the
// kind of object takes (ordered_json: its number of keys).
//
// Rejected: nlohmann's parser with a callback, which at the end of each object looks through the
// list or object that it is in (12,500 objects took 0.1 s, 100,000 of them 8 s), and a pass of its
// own for the limits, which reads every text twice.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_place.h"
#include "base/quote.h"

namespace tutti {

struct JsonLimits {
  size_t deepest;
  size_t most_keys;  // of an object
  size_t most_values;
};

// Why reading ended early. `what` follows a name of the text: "is nested more than 32 deep".
struct JsonProblem {
  enum class Kind { malformed, deep, many, repeated };
  Kind kind;
  std::string what;
};

// Takes the lexer's events. `hold(bytes)` is asked before a value or key that takes so many is
// kept; where it says false, reading ends without a problem.
//
//   JsonTree<nlohmann::json, Hold> tree(limits, hold);
//   if (nlohmann::json::sax_parse(text, &tree)) use(tree.take());
template <class Json, class Hold>
class JsonTree {
 public:
  JsonTree(const JsonLimits& limits, Hold hold)
      : limits_(limits), hold_(std::move(hold)), open_(limits.deepest + 1) {}

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(typename Json::number_integer_t value) { return add(value); }
  bool number_unsigned(typename Json::number_unsigned_t value) { return add(value); }
  bool number_float(typename Json::number_float_t value, const std::string&) { return add(value); }
  bool string(std::string& value) {
    return hold_(kStringBytes + value.size()) && add(std::move(value));
  }
  bool binary(typename Json::binary_t&) {
    return stop(JsonProblem::Kind::malformed, "holds binary data");  // texts cannot
  }
  bool start_object(size_t) { return open(Json::object()); }
  bool start_array(size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    Container& in = open_[depth_];
    if (++in.keys > limits_.most_keys)
      return stop(JsonProblem::Kind::many,
                  "has an object of more than " + std::to_string(limits_.most_keys) + " keys");
    if (!hold_(kKeyBytes + kStringBytes + name.size())) return false;
    const size_t names = in.json->size();
    place_ = &(*in.json)[name];  // of two, others keep one or the other: never by chance here
    return in.json->size() > names ||
           stop(JsonProblem::Kind::repeated, "gives " + quote(name, 40) + " twice");
  }
  bool parse_error(size_t at, const std::string&, const nlohmann::detail::exception&) {
    return stop(JsonProblem::Kind::malformed,
                "is not valid JSON at " + byte_place(at > 0 ? at - 1 : 0));
  }

  Json take() { return std::move(root_); }
  const std::optional<JsonProblem>& problem() const { return problem_; }
  const Hold& hold() const { return hold_; }

 private:
  // What vectors that double take for a value and for a key, with what strings take besides their
  // text.
  static constexpr size_t kValueBytes = 2 * sizeof(Json), kStringBytes = 64,
                          kKeyBytes = 2 * sizeof(typename Json::object_t::value_type);

  // Its own place does not move: what it lies in grows no more until it is closed.
  struct Container {
    Json* json = nullptr;
    size_t keys = 0;
  };

  bool stop(JsonProblem::Kind kind, std::string what) {
    problem_ = {kind, std::move(what)};
    return false;
  }

  bool add(Json value) { return put(std::move(value)) != nullptr; }

  Json* put(Json value) {
    if (++values_ > limits_.most_values) {
      stop(JsonProblem::Kind::many,
           "holds more than " + std::to_string(limits_.most_values) + " values");
      return nullptr;
    }
    if (!hold_(kValueBytes)) return nullptr;
    Json* const place = std::exchange(place_, nullptr);
    if (place) return &(*place = std::move(value));
    if (depth_ == 0) return &(root_ = std::move(value));
    Json& list = *open_[depth_].json;
    list.push_back(std::move(value));
    return &list.back();
  }

  bool open(Json empty) {
    if (depth_ == limits_.deepest)
      return stop(JsonProblem::Kind::deep,
                  "is nested more than " + std::to_string(limits_.deepest) + " deep");
    Json* const place = put(std::move(empty));
    if (!place) return false;
    open_[++depth_] = {place, 0};
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }

  const JsonLimits limits_;
  Hold hold_;
  Json root_;
  Json* place_ = nullptr;  // of the value behind a key
  std::vector<Container> open_;
  size_t depth_ = 0, values_ = 0;
  std::optional<JsonProblem> problem_;
};

}  // namespace tutti
