#include "engine/model_names.h"

#include <algorithm>
#include <cstring>

#include "base/quote.h"
#include "base/utf8.h"

namespace tutti {
namespace {

constexpr size_t kLongestName = 128;

Error two_targets(const std::string& name, const std::string& one, const std::string& other) {
  return usage_error(name + " is to be an alias of both " + one + " and " + other + "; choose one");
}

// "MODEL:ADAPTER" in two; both empty where it is none.
NamedModel split(const std::string& name) {
  const size_t colon = name.rfind(':');
  if (colon == name.npos || colon == 0 || colon + 1 == name.size()) return {};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

Error no_end(const AliasPair& pair, const std::string& why) {
  return usage_error("the alias " + pair.first + "=" + pair.second + " leads to " + why);
}

}  // namespace

Status check_model_name(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return uint8_t(c) >= ' ' && c != 0x7f && !std::strchr("\"'\\=`", c);
  });
  const bool framed = name.empty() || name.front() == ' ' || name.back() == ' ';
  if (plain && !framed && name.size() <= kLongestName && !invalid_utf8_at(name)) return {};
  return usage_error("a model cannot be called " + quote(name, 40) + "; choose a name of 1 to " +
                     std::to_string(kLongestName) +
                     " bytes without control characters, quotes, backslashes and =");
}

bool ModelNames::is_model(const std::string& name) const {
  return std::find(models_.begin(), models_.end(), name) != models_.end();
}

Status ModelNames::check_free(const std::string& name) const {
  TUTTI_CHECK(check_model_name(name));
  if (is_model(name))
    return usage_error("there is a model called " + name + "; choose another name");
  if (const auto alias = aliases_.find(name); alias != aliases_.end())
    return usage_error(name + " is an alias of " + alias->second.name() + "; choose another name");
  return {};
}

Status ModelNames::add(const std::string& name) {
  TUTTI_CHECK(check_free(name));
  models_.push_back(name);
  return {};
}

// What is at the end of an alias that is to be one.
Result<NamedModel> ModelNames::end_of(const AliasPair& pair,
                                      const std::map<std::string, std::string>& targets) const {
  std::string end = pair.second, adapter;
  for (size_t steps = 0; steps <= targets.size(); ++steps) {
    const NamedModel parts = split(end);
    if (const auto next = targets.find(end); next != targets.end()) {
      end = next->second;
    } else if (adapter.empty() && !find(end) && targets.contains(parts.model)) {
      end = parts.model;
      adapter = parts.adapter;
    }
  }
  if (targets.contains(end))
    return no_end(pair, "no model but back to aliases; let one of them name a model");
  auto named = find(end);
  if (named && !adapter.empty() && !named->adapter.empty())
    return no_end(pair, "a model with two adapters; name one");
  if (named && !adapter.empty()) named->adapter = adapter;
  if (named) return *std::move(named);
  return no_end(pair, "no model: there is none called " + quote(end, 40) +
                          (models_.empty() ? "" : "; " + models_.front() + " is one"));
}

Status ModelNames::add_aliases(const std::vector<AliasPair>& pairs) {
  std::map<std::string, std::string> targets;
  std::map<std::string, NamedModel> resolved;
  for (const auto& [name, target] : pairs) {
    if (name == target && find(name)) continue;  // it has that name
    TUTTI_CHECK(check_model_name(target));
    const auto [place, fresh] = targets.emplace(name, target);
    if (!fresh && place->second != target) return two_targets(name, place->second, target);
    if (fresh) TUTTI_CHECK(check_free(name));
  }
  for (const auto& [name, target] : targets) {
    TUTTI_ASSIGN(resolved[name], end_of({name, target}, targets));
  }
  aliases_.merge(resolved);
  return {};
}

void ModelNames::remove(const std::string& model) {
  std::erase(models_, model);
  std::erase_if(aliases_, [&](const auto& alias) { return alias.second.model == model; });
}

std::optional<NamedModel> ModelNames::find(const std::string& name) const {
  if (const auto alias = aliases_.find(name); alias != aliases_.end()) return alias->second;
  if (is_model(name)) return NamedModel{name, ""};
  const NamedModel parts = split(name);
  if (parts.model.empty()) return std::nullopt;
  const auto alias = aliases_.find(parts.model);
  if (alias == aliases_.end()) return is_model(parts.model) ? std::optional(parts) : std::nullopt;
  if (!alias->second.adapter.empty()) return std::nullopt;
  return NamedModel{alias->second.model, parts.adapter};
}

}  // namespace tutti
