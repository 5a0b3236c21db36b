#include "serve/contract/form.h"

#include <charconv>

#include "base/utf8.h"
#include "serve/contract/check.h"
#include "serve/http/parse/read_json.h"

namespace tutti {
namespace {

constexpr size_t kTextBytes = 128;  // of a value, besides its text

template <class T>
bool read_whole(std::string_view text, T& value) {
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return !text.empty() && read.ec == std::errc() && read.ptr == end;
}

// What JSON says; null where the text is none, so that it stays a text.
Result<std::optional<Json>> json_in(std::string_view text, Charge* charge) {
  Result<Json> json = read_json(text, charge);
  if (json) return std::optional<Json>(*std::move(json));
  if (json.error().code() == ErrorCode::bad_input) return std::optional<Json>();
  return json.error();
}

Result<Json> value_of(unsigned types, std::string_view text, Charge* charge) {
  int64_t integer = 0;
  double number = 0;
  if (types & type::integer && read_whole(text, integer)) return Json(integer);
  if (types & type::number && read_whole(text, number)) return Json(number);
  if (types & type::flag && (text == "true" || text == "false")) return Json(text == "true");
  const bool opens = types & type::object && text.starts_with("{");
  if (types != type::any && opens) {
    TUTTI_ASSIGN(std::optional<Json> json, json_in(text, charge));
    if (json) return *std::move(json);
  }
  return Json(std::string(text));
}

// "a[b]" is the field a and the key b; "a" is a and none.
struct Name {
  std::string field, key;
  bool bracketed = false;
};

Name split(const std::string& name) {
  const size_t open = name.find('[');
  if (open == name.npos || open == 0 || name.back() != ']') return {name, "", false};
  return {name.substr(0, open), name.substr(open + 1, name.size() - open - 2), true};
}

bool is_index(const std::string& key) {
  return key.find_first_not_of("0123456789") == key.npos;
}

Status add(Json& all, const Field& field, const Name& name, std::string_view text, Charge* charge) {
  if (field.types & type::list && field.types != type::any && is_index(name.key)) {
    Json& list = all[field.name];
    if (!name.bracketed && list.is_null() && text.starts_with("[")) {
      TUTTI_ASSIGN(std::optional<Json> json, json_in(text, charge));
      if (json && json->is_array()) return list = *std::move(json), Status();
    }
    if (list.is_null()) list = Json::array();
    if (!list.is_array()) return bad_input(field.name + " is given twice; send it once");
    TUTTI_ASSIGN(Json value, value_of(field.items, text, charge));
    list.push_back(std::move(value));
    return {};
  }
  const auto twice = [&] { return bad_input(field.name + " is given twice; send it once"); };
  if (name.bracketed) {
    Json& object = all[field.name];
    if (!object.is_null() && !object.is_object()) return twice();
    object[name.key] = std::string(text);
    return {};
  }
  if (all.contains(field.name)) return twice();
  Json& value = all[field.name];
  if (field.types == type::file) return value = text.empty() ? "" : "file", Status();
  TUTTI_ASSIGN(value, value_of(field.types, text, charge));
  return {};
}

}  // namespace

std::optional<Problem> check_lengths(const Texts& texts, const Shape& shape) {
  const Json none = Json::object();
  for (const auto& [whole, text] : texts) {
    const Field* field = shape.find(none, split(whole).field);
    if (field && field->types != type::file && text.size() > field->most_bytes)
      return too_long(field->name, field->most_bytes, text.size());
  }
  return std::nullopt;
}

Result<Json> json_of_texts(const Texts& texts, const Shape& shape, Charge* charge,
                           std::string* blamed) {
  Json all = Json::object();
  for (const auto& [whole, text] : texts) {
    if (blamed) *blamed = safe_name(whole);
    const Name name = split(whole);
    const Field* field = shape.find(all, name.field);
    const bool file = field && field->types == type::file;
    const bool keyed = field && name.bracketed && !(field->types & (type::list | type::object));
    const bool known = field && !keyed;
    const bool malformed = known && !file && invalid_utf8_at(text);
    if (malformed && field->fate == Field::Fate::done)
      return bad_input(safe_name(whole) + " is not UTF-8; send a text, and files as file");
    if (charge) TUTTI_CHECK(charge->grow(kTextBytes + (known && !file ? text.size() : 0)));
    if (known)
      TUTTI_CHECK(add(all, *field, name, malformed ? "bytes" : text, charge));
    else
      all[whole] = nullptr;
  }
  return all;
}

}  // namespace tutti
