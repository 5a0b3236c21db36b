// Read in one pass by a reader of our own over nlohmann's lexer. Rejected: its parser with a
// callback, which at the end of each object looks through the array that it is in (12,500 objects
// took 0.1 s, 100,000 of them 8 s), and a pass of its own for the limits, which reads every text
// twice.
#include "serve/http/parse/read_json.h"

#include <array>
#include <optional>

#include "base/byte_place.h"
#include "base/utf8.h"
#include "serve/http/limits/ledger.h"

namespace tutti {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kDeepest = 32, kMostKeys = 256, kMostValues = 100'000;
// What vectors that double take for a value and for a key, with what strings take besides their
// text.
constexpr size_t kValueBytes = 2 * sizeof(Json), kKeyBytes = 2 * sizeof(Json::object_t::value_type),
                 kStringBytes = 64;
constexpr size_t kChargeStep = 64 << 10;

// Builds the value from the lexer's events; false where it is too much, which ends the reading.
class Reader {
 public:
  explicit Reader(Charge* charge) : charge_(charge) {}

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(Json::number_integer_t value) { return add(value); }
  bool number_unsigned(Json::number_unsigned_t value) { return add(value); }
  bool number_float(Json::number_float_t value, const Json::string_t&) { return add(value); }
  bool string(Json::string_t& value) {
    return hold(kStringBytes + value.size()) && add(std::move(value));
  }
  bool binary(Json::binary_t&) { return stop("holds binary data; send texts"); }
  bool start_object(size_t) { return open(Json::object()); }
  bool start_array(size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(Json::string_t& name) {
    if (++keys_at_[depth_] > kMostKeys)
      return stop("has an object of more than 256 keys; send fewer");
    if (!hold(kKeyBytes + kStringBytes + name.size())) return false;
    place_ = &(*within_[depth_])[std::move(name)];
    return true;
  }
  bool parse_error(size_t at, const std::string&, const nlohmann::detail::exception&) {
    error_ = bad_input("this is not valid JSON at " + byte_place(at > 0 ? at - 1 : 0) +
                       "; send one JSON object");
    return false;
  }

  Json take() { return std::move(root_); }
  const std::optional<Error>& error() const { return error_; }

 private:
  bool stop(const char* why) {
    error_ = bad_input(std::string("the JSON ") + why);
    return false;
  }

  // Counts in steps, so that not every number is an account of its own.
  bool hold(size_t bytes) {
    if (!charge_ || bytes <= spare_) {
      spare_ -= charge_ ? bytes : 0;
      return true;
    }
    const size_t step = bytes - spare_ + kChargeStep;
    if (const Status status = charge_->grow(step); !status) {
      error_ = status.error();
      return false;
    }
    spare_ = kChargeStep;
    return true;
  }

  bool add(Json value) { return put(std::move(value)) != nullptr; }

  Json* put(Json value) {
    if (++values_ > kMostValues) return stop("holds more than 100000 values; send fewer"), nullptr;
    if (!hold(kValueBytes)) return nullptr;
    Json* const place = std::exchange(place_, nullptr);
    if (place) return &(*place = std::move(value));
    if (depth_ == 0) return &(root_ = std::move(value));
    within_[depth_]->push_back(std::move(value));
    return &within_[depth_]->back();
  }

  bool open(Json empty) {
    if (depth_ == kDeepest) return stop("is nested more than 32 deep; send it flatter");
    Json* const place = put(std::move(empty));
    if (!place) return false;
    within_[++depth_] = place;
    keys_at_[depth_] = 0;
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }

  Charge* charge_;
  size_t spare_ = 0;  // charged and not used yet
  Json root_;
  Json* place_ = nullptr;  // of the value behind a key
  // The containers that are open. Their own places do not move: what they lie in grows no more
  // until they are closed.
  std::array<Json*, kDeepest + 1> within_ = {};
  std::array<size_t, kDeepest + 1> keys_at_ = {};
  size_t depth_ = 0, values_ = 0;
  std::optional<Error> error_;
};

Error not_utf8(std::string_view text, size_t at) {
  constexpr char digits[] = "0123456789abcdef";
  const auto byte = uint8_t(text[at]);
  return bad_input("this is not UTF-8 at " + byte_place(at) + " (0x" + digits[byte >> 4] +
                   digits[byte & 15] + "); send the JSON in UTF-8");
}

}  // namespace

Result<Json> read_json(std::string_view text, Charge* charge) {
  Reader reader(charge);
  if (Json::sax_parse(text, &reader)) return reader.take();
  const Error error = reader.error().value_or(bad_input("this is not valid JSON"));
  // Only what is well-formed UTF-8 gets through the lexer, so nobody else has to look for it.
  if (error.code() == ErrorCode::bad_input)
    if (const auto at = invalid_utf8_at(text)) return not_utf8(text, *at);
  return error;
}

}  // namespace tutti
