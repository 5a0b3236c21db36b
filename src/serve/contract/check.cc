#include "serve/contract/check.h"

#include <algorithm>
#include <cmath>

#include "base/quote.h"
#include "base/similar.h"
#include "base/utf8.h"

namespace tutti {
namespace {

std::string listed(const std::vector<std::string>& words, const char* last = " or ") {
  std::string all;
  for (size_t i = 0; i < words.size(); ++i)
    all += (i == 0 ? "" : i + 1 == words.size() ? last : ", ") + words[i];
  return all;
}

std::string shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  if (value.is_string()) return quote(value.get_ref<const std::string&>(), 40);
  return value.dump();
}

std::string shown(double number) {
  const bool whole = std::floor(number) == number && std::abs(number) < 1e15;
  return whole ? std::to_string(int64_t(number)) : Json(number).dump();
}

// 10.0 is the integer 10.
bool is_whole(const Json& value) {
  return value.is_number_integer() ||
         (value.is_number_float() && std::floor(value.get<double>()) == value.get<double>());
}

bool fits(const Json& value, unsigned types) {
  return types == type::any || types == type::file || (types & type::text && value.is_string()) ||
         (types & type::integer && is_whole(value)) ||
         (types & type::number && value.is_number()) ||
         (types & type::flag && value.is_boolean()) ||
         (types & type::object && value.is_object()) || (types & type::list && value.is_array());
}

// "string", "part"
std::vector<std::string> nouns(unsigned types, const ShapePtr& shape) {
  if (types == type::any) return {"value"};
  std::vector<std::string> nouns;
  if (types & type::text) nouns.push_back("string");
  if (types & (type::integer | type::number)) nouns.push_back("number");
  if (types & type::object) {
    std::string name = shape && !shape->name.empty() ? shape->name : "object";
    std::transform(name.begin(), name.end(), name.begin(), ::tolower);
    nouns.push_back(std::move(name));
  }
  return nouns;
}

// "strings or parts"
std::string plural(unsigned types, const ShapePtr& shape) {
  std::vector<std::string> kinds = nouns(types, shape);
  for (std::string& kind : kinds) kind += 's';
  return listed(kinds);
}

// "a string or a part"
std::string singular(unsigned types, const ShapePtr& shape) {
  std::vector<std::string> kinds = nouns(types, shape);
  for (std::string& kind : kinds)
    kind.insert(0,
                std::string_view("aeiou").find(kind[0]) == std::string_view::npos ? "a " : "an ");
  return listed(kinds);
}

// "a string or an array of parts"
std::string kind(const Field& field) {
  std::vector<std::string> kinds;
  if (field.types & type::text) kinds.push_back("a string");
  if (field.types & type::integer) kinds.push_back("an integer");
  if (field.types & type::number) kinds.push_back("a number");
  if (field.types & type::flag) kinds.push_back("true or false");
  if (field.types & type::object) kinds.push_back("an object");
  if (field.types & type::list) kinds.push_back("an array of " + plural(field.items, field.shape));
  return listed(kinds);
}

std::string range(const Field& field) {
  if (!field.numbers.empty()) {
    std::vector<std::string> numbers;
    for (const int64_t number : field.numbers) numbers.push_back(std::to_string(number));
    return listed(numbers);
  }
  std::string noun = field.types & type::integer ? "an integer" : "a number";
  if (field.least == field.most) return shown(field.least);
  if (field.least == -field::kUnbounded) return noun + " of 64 bits";
  if (field.least <= -field::kLargest) return noun;
  if (field.most >= field::kLargest) return noun + " of at least " + shown(field.least);
  return noun + " from " + shown(field.least) + " to " + shown(field.most);
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

class Check {
 public:
  std::optional<Problem> problem;

  void object(const Shape& shape, const Json& object, const std::string& path) {
    if (!shape.tag.empty() && !tag(shape, object, path)) return;
    if (!is_open(shape, object)) names(shape, object, path);
    refused(shape, object, path);
    fields(shape, object, path);
    if (shape.own) own(*shape.own, object, path);
  }

 private:
  void refuse(const std::string& path, const std::string& message, const char* code) {
    if (!problem) problem = {400, path + " " + message, "invalid_request_error", path, code};
  }

  static std::string join(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "." + name;
  }

  // Whether the variant is known and wanted.
  bool tag(const Shape& shape, const Json& object, const std::string& path) {
    const std::string at = join(path, shape.tag);
    const Variant* variant = shape.variant_of(object);
    if (variant && variant->instead.empty()) {
      const Shape* inner = variant->shape.get();
      return !inner || inner->tag.empty() || tag(*inner, object, path);
    }
    const auto found = object.find(shape.tag);
    const std::string choices = "it can be " + listed(shape.tags());
    if (variant)
      refuse(at, "is " + shown(*found) + ": " + variant->instead, "unsupported_value");
    else if (found == object.end() || found->is_null())
      refuse(at, "is needed; " + choices, "missing_required_parameter");
    else
      refuse(at, "is " + shown(*found) + "; " + choices, "unsupported_value");
    return false;
  }

  void names(const Shape& shape, const Json& object, const std::string& path) {
    for (const auto& item : object.items()) {
      const std::string& name = item.key();
      if (problem) return;
      if (shape.find(object, name)) continue;
      const std::string other = most_similar(name, known(shape, object));
      refuse(join(path, safe_name(name)),
             "is not a parameter that is known here; " +
                 (other.empty() ? "GET /openapi.json lists those there are"
                                : "did you mean " + other + "?"),
             "unknown_parameter");
    }
  }

  void own(const Shape::Own& own, const Json& object, const std::string& path) {
    if (object.size() > own.most)
      refuse(path,
             "holds " + std::to_string(object.size()) + " texts; the limit is " +
                 std::to_string(own.most),
             "object_above_max_properties");
    for (const auto& item : object.items()) {
      if (problem) return;
      const std::string at = join(path, safe_name(item.key()));
      const Json& value = item.value();
      if (count_characters(item.key()) > own.name)
        refuse(path, "has a name of more than " + std::to_string(own.name) + " characters",
               "string_above_max_length");
      else if (!value.is_string())
        refuse(at, "must be a string, not " + shown(value), "invalid_type");
      else if (count_characters(value.get_ref<const std::string&>()) > own.text)
        refuse(at, "is longer than " + std::to_string(own.text) + " characters, its limit",
               "string_above_max_length");
    }
  }

  static bool is_open(const Shape& shape, const Json& object) {
    if (shape.open) return true;
    const Variant* variant = shape.tag.empty() ? nullptr : shape.variant_of(object);
    return variant && variant->shape && is_open(*variant->shape, object);
  }

  static std::vector<std::string> known(const Shape& shape, const Json& object) {
    std::vector<std::string> names;
    for (const Field& field : shape.fields)
      if (field.fate == Field::Fate::done) names.push_back(field.name);
    const Variant* variant = shape.tag.empty() ? nullptr : shape.variant_of(object);
    if (!variant || !variant->shape) return names;
    for (std::string& name : known(*variant->shape, object)) names.push_back(std::move(name));
    return names;
  }

  void refused(const Shape& shape, const Json& object, const std::string& path) {
    for (const auto& item : object.items()) {
      const Field* field = shape.find(object, item.key());
      if (problem || !field || field->fate != Field::Fate::refused || item.value().is_null())
        continue;
      const Json& harmless = field->harmless;
      if (std::find(harmless.begin(), harmless.end(), item.value()) == harmless.end())
        refuse(join(path, field->name), "is not supported: " + field->about,
               "unsupported_parameter");
    }
  }

  void fields(const Shape& shape, const Json& object, const std::string& path) {
    for (const Field& field : shape.fields) {
      if (problem || field.fate != Field::Fate::done) continue;
      const std::string at = join(path, field.name);
      const auto found = object.find(field.name);
      if (found != object.end() && !found->is_null())
        value(field, *found, at);
      else if (field.needed)
        refuse(at, "is needed", "missing_required_parameter");
    }
    if (shape.tag.empty() || problem) return;
    const Variant* variant = shape.variant_of(object);
    if (!variant || !variant->shape) return;
    fields(*variant->shape, object, path);
  }

  void value(const Field& field, const Json& value, const std::string& at) {
    if (!fits(value, field.types)) return wrong_type(field, value, at);
    if (value.is_number() && field.types & (type::integer | type::number))
      number(field, value, at);
    else if (value.is_string())
      text(field, value.get_ref<const std::string&>(), at);
    else if (value.is_array() && field.types & type::list)
      list(field, value, at);
    else if (value.is_object() && field.shape)
      object(*field.shape, value, at);
  }

  void wrong_type(const Field& field, const Json& value, const std::string& at) {
    const bool numeric = !(field.types & ~(type::integer | type::number));
    const bool ranged = numeric && field.least > -field::kLargest;
    refuse(
        at,
        "must be " + (ranged ? range(field) : kind(field)) + ", not " + shown(value) + hint(field),
        "invalid_type");
  }

  static std::string hint(const Field& field) {
    return field.hint.empty() ? "" : "; " + field.hint;
  }

  void number(const Field& field, const Json& value, const std::string& at) {
    const double number = value.get<double>();
    const auto is_it = [number](int64_t one) { return double(one) == number; };
    const bool is_listed =
        field.numbers.empty() || std::any_of(field.numbers.begin(), field.numbers.end(), is_it);
    const bool too_large =
        value.is_number_unsigned() && value.get<uint64_t>() > uint64_t(INT64_MAX);
    const bool cut = field.most == field::kLargest;  // to what there can be
    if (is_listed && number >= field.least &&
        (cut || (number <= field.most && !(too_large && field.types & type::integer))))
      return;
    refuse(at, "must be " + range(field) + ", not " + shown(value) + hint(field),
           field.types & type::integer ? "integer_out_of_range" : "decimal_out_of_range");
  }

  void text(const Field& field, const std::string& text, const std::string& at) {
    if ((field.words == Field::Text::not_blank && is_blank(text)) ||
        (field.words == Field::Text::not_empty && text.empty()))
      return refuse(at, "must not be empty" + hint(field), "missing_required_parameter");
    if (text.size() > field.most_bytes) {
      if (!problem) problem = too_long(at, field.most_bytes, text.size());
      return;
    }
    choice(field, text, at);
  }

  void choice(const Field& field, const std::string& text, const std::string& at) {
    const auto& choices = field.choices;
    if (choices.empty() || std::find(choices.begin(), choices.end(), text) != choices.end()) return;
    const bool numbers = field.types & (type::integer | type::number);
    refuse(at,
           "is " + quote(text, 40) + "; it can be " + listed(choices) +
               (numbers ? " or " + range(field) : "") + hint(field),
           "unsupported_value");
  }

  void list(const Field& field, const Json& list, const std::string& at) {
    if (list.size() < field.fewest_items)
      return refuse(at,
                    field.fewest_items == 1
                        ? "is empty"
                        : "must hold at least " + std::to_string(field.fewest_items),
                    "missing_required_parameter");
    if (list.size() > field.most_items)
      return refuse(at,
                    "holds " + std::to_string(list.size()) + " values; the limit is " +
                        std::to_string(field.most_items),
                    "array_above_max_length");
    for (size_t i = 0; i < list.size() && !problem; ++i) item(field, list[i], at, i);
  }

  void item(const Field& field, const Json& item, const std::string& list, size_t index) {
    const std::string at = list + "[" + std::to_string(index) + "]";
    if (!fits(item, field.items))
      return refuse(
          at,
          "must be " + singular(field.items, field.shape) + ", not " + shown(item) + hint(field),
          "invalid_type");
    const std::string& blamed = field.choices.empty() ? at : list;  // a choice says which it is
    if (item.is_string()) return text(field, item.get_ref<const std::string&>(), blamed);
    if (item.is_object() && field.shape) object(*field.shape, item, at);
  }
};

}  // namespace

Problem too_long(const std::string& path, size_t most, size_t bytes) {
  return {400,
          path + " is longer than " + std::to_string(most) + " bytes, its limit; it has " +
              std::to_string(bytes),
          "invalid_request_error", path, "string_above_max_length"};
}

std::string safe_name(std::string_view name) {
  const auto plain = [](char c) {
    return std::isalnum(uint8_t(c)) || std::string_view("_.-[]").find(c) != std::string_view::npos;
  };
  const bool is_name = !name.empty() && name.size() <= 64 && uint8_t(name[0]) < 128 &&
                       std::all_of(name.begin(), name.end(), plain);
  return is_name ? std::string(name) : quote(name, 40);
}

std::optional<Problem> check(const Shape& shape, const Json& object, const std::string& path) {
  Check check;
  check.object(shape, object, path);
  return check.problem;
}

}  // namespace tutti
