#include "serve/http/read_json.h"

#include <array>

namespace tutti {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kDeepest = 32, kMostKeys = 256, kMostValues = 100'000;

// Counts what the text holds; false where it is too much, which ends the walk.
struct Surveyor {
  std::array<size_t, kDeepest + 1> keys_at = {};
  size_t depth = 0, values = 0;
  const char* complaint = nullptr;

  bool stop(const char* why) {
    complaint = why;
    return false;
  }
  bool value() { return ++values <= kMostValues || stop("holds more than 100000 values"); }
  bool open() {
    if (++depth > kDeepest) return stop("is nested more than 32 deep");
    keys_at[depth] = 0;
    return value();
  }
  bool close() {
    --depth;
    return true;
  }

  bool null() { return value(); }
  bool boolean(bool) { return value(); }
  bool number_integer(Json::number_integer_t) { return value(); }
  bool number_unsigned(Json::number_unsigned_t) { return value(); }
  bool number_float(Json::number_float_t, const Json::string_t&) { return value(); }
  bool string(Json::string_t&) { return value(); }
  bool binary(Json::binary_t&) { return value(); }
  bool start_object(size_t) { return open(); }
  bool key(Json::string_t&) { return count_key(); }
  bool count_key() {
    return ++keys_at[depth] <= kMostKeys || stop("has an object of more than 256 keys");
  }
  bool end_object() { return close(); }
  bool start_array(size_t) { return open(); }
  bool end_array() { return close(); }
  bool parse_error(size_t at, const std::string&, const nlohmann::detail::exception&) {
    error_at = at;
    return false;
  }
  size_t error_at = 0;
};

struct TooMuch {};

// The value, read in one pass: thrown out of by what is too much, and by what is no JSON.
Json read_within_limits(std::string_view text) {
  Surveyor surveyor;
  const auto take = [&](int, Json::parse_event_t event, Json&) {
    using Event = Json::parse_event_t;
    const bool within = event == Event::key            ? surveyor.count_key()
                        : event == Event::value        ? surveyor.value()
                        : event == Event::object_start ? surveyor.open()
                        : event == Event::array_start  ? surveyor.open()
                                                       : surveyor.close();
    if (!within) throw TooMuch();
    return true;
  };
  return Json::parse(text, take);
}

}  // namespace

Result<Json> read_json(std::string_view text) {
  try {
    return read_within_limits(text);
  } catch (const TooMuch&) {
  } catch (const Json::exception&) {
  }
  Surveyor surveyor;  // says what was wrong, and where
  Json::sax_parse(text, &surveyor);
  if (surveyor.complaint) return bad_input(std::string("the JSON ") + surveyor.complaint);
  return bad_input("this is not valid JSON at byte " + std::to_string(surveyor.error_at));
}

}  // namespace tutti
