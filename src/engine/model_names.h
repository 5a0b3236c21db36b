// Which models there are by name, and which other names lead to them: what of a registry can be
// checked before any model is read.
//
//   ModelNames names;
//   TUTTI_CHECK(names.add("nano"));
//   TUTTI_CHECK(names.add_aliases({{"fast", "nano"}}));
//   names.find("fast");   // "nano"
//
// Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tutti {

// A name and the model or alias that it stands for.
using AliasPair = std::pair<std::string, std::string>;

class ModelNames {
 public:
  // usage_error where the name cannot be one or is taken.
  Status check_free(const std::string& name) const;
  Status add(const std::string& name);
  // In any order, all or none: usage_error names the pair whose name cannot be one or is taken, or
  // that leads to no model.
  Status add_aliases(const std::vector<AliasPair>& pairs);
  // Takes away a model, and its aliases.
  void remove(const std::string& model);

  // The model of that name or alias; nullptr where there is none.
  const std::string* find(const std::string& name) const;
  // In the order in which they were added.
  const std::vector<std::string>& models() const { return models_; }
  // Each with its model.
  const std::map<std::string, std::string>& aliases() const { return aliases_; }

 private:
  bool is_model(const std::string& name) const;
  Result<std::string> end_of(const AliasPair& pair,
                             const std::map<std::string, std::string>& targets) const;

  std::vector<std::string> models_;
  std::map<std::string, std::string> aliases_;
};

// usage_error unless it may name a model: 1 to 128 bytes of UTF-8 without control characters,
// quotes, backslashes and '=', and without spaces at its ends.
Status check_model_name(const std::string& name);

}  // namespace tutti
