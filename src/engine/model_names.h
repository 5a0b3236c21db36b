// Which models there are by name, and which other names lead to them: what of a registry can be
// checked before any model is read.
//
//   ModelNames names;
//   TUTTI_CHECK(names.add("nano"));
//   TUTTI_CHECK(names.add_aliases({{"fast", "nano"}}));
//   names.find("fast");          // {"nano", ""}
//   names.find("fast:pirate");   // {"nano", "pirate"}
//
// MODEL:ADAPTER is a model with an adapter of its file. Which of these there are the files say;
// here whatever follows a colon may be one. A model or alias of the whole name comes first.
// Not thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tutti {

// A name and the model or alias that it stands for.
using AliasPair = std::pair<std::string, std::string>;

// What a name leads to.
struct NamedModel {
  std::string model, adapter;  // the latter empty: none

  std::string name() const { return adapter.empty() ? model : model + ':' + adapter; }
};

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

  // The model of that name or alias, and the adapter behind it.
  std::optional<NamedModel> find(const std::string& name) const;
  // In the order in which they were added.
  const std::vector<std::string>& models() const { return models_; }
  // Each with what it leads to.
  const std::map<std::string, NamedModel>& aliases() const { return aliases_; }

 private:
  bool is_model(const std::string& name) const;
  Result<NamedModel> end_of(const AliasPair& pair,
                            const std::map<std::string, std::string>& targets) const;

  std::vector<std::string> models_;
  std::map<std::string, NamedModel> aliases_;
};

// usage_error unless it may name a model: 1 to 128 bytes of UTF-8 without control characters,
// quotes, backslashes and '=', and without spaces at its ends.
Status check_model_name(const std::string& name);

}  // namespace tutti
