#include "model/spec/json_fields.h"

#include <algorithm>
#include <cfloat>

namespace tutti {

using Json = nlohmann::json;

std::string list_path(const char* list, size_t index) {
  return list + ("[" + std::to_string(index) + "].");
}

Error bad_field(const std::string& key, const std::string& what) {
  return bad_input("model configuration: \"" + key + "\" " + what);
}

std::string shown(const Json& value) {
  const bool flat = value.is_array() && std::none_of(value.begin(), value.end(), [](const Json& v) {
                      return v.is_structured();
                    });
  if (value.is_structured() && !flat) return std::string("an ") + value.type_name();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 80);
}

Status check_object(const Json& json, const std::string& path) {
  if (json.is_object()) return {};
  return bad_field(path.substr(0, path.size() - 1), "is " + shown(json) + "; expected an object");
}

Fields& Fields::integer(const std::string& key, int& value, int low, int high) {
  if (const Json* found = find(key)) {
    // Compared as JSON, before it is cut to an int.
    if (!found->is_number_integer() || *found < low || *found > high)
      fail(key, *found, "an integer from " + std::to_string(low) + " to " + std::to_string(high));
    else
      value = found->get<int>();
  }
  return *this;
}

Fields& Fields::number(const std::string& key, float& value, float low, float high) {
  if (const Json* found = find(key)) {
    // 1e39 is a number in the file and infinite as a float.
    const double wide = found->is_number() ? found->get<double>() : -1;
    const float narrow = wide >= 0 && wide <= FLT_MAX ? float(wide) : -1;
    if (!(narrow >= low && narrow <= high))
      fail(key, *found, "a number from " + std::to_string(low) + " to " + std::to_string(high));
    else
      value = narrow;
  }
  return *this;
}

Fields& Fields::flag(const std::string& key, bool& value) {
  if (const Json* found = find(key)) {
    if (found->is_boolean())
      value = *found;
    else
      fail(key, *found, "true or false");
  }
  return *this;
}

Fields& Fields::text(const std::string& key, std::string& value) {
  if (const Json* found = find(key)) {
    if (found->is_string())
      value = *found;
    else
      fail(key, *found, "a string");
  }
  return *this;
}

Fields& Fields::identifier(const std::string& key, std::string& value) {
  text(key, value);
  const bool good =
      !value.empty() && value.size() <= 32 && std::all_of(value.begin(), value.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
      });
  if (!good && !error_)
    error_ = bad_field(path_ + key, "is " + shown(value) +
                                        "; expected 1 to 32 of the letters a to z, digits and _");
  return *this;
}

const Json* Fields::list(const std::string& key, size_t most) {
  const Json* found = find(key);
  if (!found) return nullptr;
  if (found->is_array() && !found->empty() && found->size() <= most) return found;
  fail(key, *found, "a list of 1 to " + std::to_string(most));
  return nullptr;
}

const Json* Fields::find(const std::string& key) {
  known_.insert(key);
  const auto at = json_.find(key);
  return at == json_.end() || error_ ? nullptr : &*at;
}

void Fields::fail(const std::string& key, const Json& value, const std::string& expected) {
  if (!error_) error_ = bad_field(path_ + key, "is " + shown(value) + "; expected " + expected);
}

Status Fields::finish() const {
  if (error_) return *error_;
  for (const auto& [key, value] : json_.items())
    if (!known_.contains(key))
      return bad_field(path_ + key, "is not a known key; remove it or update tutti");
  return {};
}

}  // namespace tutti
