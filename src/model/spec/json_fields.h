// One object of a model's description, field by field: the first error is kept, and what nobody
// asked for is one too.
//
//   return Fields(json, "groups[0].").identifier("name", group.name).integer("ffn", ...).finish();
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tutti {

// The words of an enumeration.
template <class Value>
using Words = std::vector<std::pair<Value, const char*>>;

template <class Value>
const char* word_for(Value value, const Words<Value>& words) {
  for (const auto& [known, word] : words)
    if (known == value) return word;
  return "";
}

// "groups[2]."
std::string list_path(const char* list, size_t index);

Error bad_field(const std::string& key, const std::string& what);
// For messages. Lists are cut, and what lies within lists is not written: its depth is the
// stranger's, and writing it takes the stack.
std::string shown(const nlohmann::json& value);
// path: what stands before the object's keys in messages, with its dot.
Status check_object(const nlohmann::json& json, const std::string& path);

class Fields {
 public:
  Fields(const nlohmann::json& json, std::string path) : json_(json), path_(std::move(path)) {}

  // Each leaves `value` as it is where the key is not there.
  Fields& integer(const std::string& key, int& value, int low, int high);
  Fields& number(const std::string& key, float& value, float low, float high);
  Fields& flag(const std::string& key, bool& value);
  Fields& text(const std::string& key, std::string& value);
  // 1 to 32 of a to z, digits and _: parameters are named after it. Must be there.
  Fields& identifier(const std::string& key, std::string& value);
  template <class Value>
  Fields& choice(const std::string& key, Value& value, const Words<Value>& words) {
    const nlohmann::json* found = find(key);
    if (!found) return *this;
    std::string known;
    for (const auto& [each, word] : words) {
      if (found->is_string() && found->get_ref<const std::string&>() == word) {
        value = each;
        return *this;
      }
      known.append(known.empty() ? "" : ", ").append(word);
    }
    fail(key, *found, "one of " + known + " (or this tutti is too old for it: update)");
    return *this;
  }
  // Of 1 to `most` elements; nullptr where it is not there.
  const nlohmann::json* list(const std::string& key, size_t most);
  const nlohmann::json* find(const std::string& key);

  // The first error, or the first key that was not asked for.
  Status finish() const;

 private:
  void fail(const std::string& key, const nlohmann::json& value, const std::string& expected);

  const nlohmann::json& json_;
  std::string path_;
  std::set<std::string> known_;
  std::optional<Error> error_;
};

}  // namespace tutti
