#include "train/objectives/recipe_table.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <iomanip>
#include <optional>
#include <set>
#include <sstream>
#include <type_traits>

#include "base/quote.h"

namespace tutti {
namespace {

std::string place(const toml::node& node) {
  return "line " + std::to_string(node.source().begin.line);
}

}  // namespace

std::string shown(double value) {
  std::ostringstream text;
  text << std::setprecision(10) << value;
  return text.str();
}

struct RecipeFile::Parsed {
  toml::table root;
};

Result<RecipeFile> RecipeFile::open(const std::string& path) {
  toml::parse_result parsed = toml::parse_file(path);
  if (!parsed) {
    std::ostringstream what;
    what << path << ": " << parsed.error().description() << " (line "
         << parsed.error().source().begin.line << ")";
    return bad_input(what.str());
  }
  return RecipeFile(std::make_shared<const Parsed>(Parsed{std::move(parsed).table()}));
}

Status RecipeFile::check_names(const std::vector<std::string>& known) const {
  const auto holds = [&](const std::string& name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  };
  const auto leads = [&](const std::string& name) {
    return std::any_of(known.begin(), known.end(),
                       [&](const std::string& one) { return one.rfind(name + ".", 0) == 0; });
  };
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
  const auto unknown = [&](const std::string& name, const toml::node& node) {
    return bad_input("[" + name + "] is not a known table (" + place(node) + "); known: " + all);
  };
  for (const auto& [key, node] : parsed_->root) {
    const std::string name(key.str());
    if (holds(name)) continue;
    const toml::table* inner = node.as_table();
    if (!inner || !leads(name)) return unknown(name, node);
    for (const auto& [inner_key, inner_node] : *inner)
      if (const std::string full = name + "." + std::string(inner_key.str()); !holds(full))
        return unknown(full, inner_node);
  }
  return {};
}

bool RecipeFile::states(const std::string& table, const std::string& key) const {
  const toml::table* keys = parsed_->root.at_path(table).as_table();
  return keys && keys->contains(key);
}

std::string RecipeFile::json(const std::string& name) const {
  const toml::table* table = parsed_->root.at_path(name).as_table();
  if (!table) return {};
  std::ostringstream json;
  json << toml::json_formatter{*table};
  return json.str();
}

struct RecipeTable::State {
  std::shared_ptr<const RecipeFile::Parsed> parsed;
  std::string name;
  const toml::table* table = nullptr;
  std::set<std::string> known;
  std::optional<Error> problem;

  // The value of a key that is known from now on; nullptr: it is not there.
  const toml::node* find(const char* key) {
    known.insert(key);
    return table && !problem ? table->get(key) : nullptr;
  }

  void fail(std::string what) {
    if (!problem) problem = bad_input(std::move(what));
  }

  void wrong(const char* key, const toml::node& node, const std::string& expected) {
    std::ostringstream value;
    if (const auto text = node.value<std::string>())
      value << *text;
    else
      node.visit([&](const auto& concrete) { value << concrete; });
    fail(name + "." + key + " is " + quote(value.str(), 60) + " (" + place(node) + "); expected " +
         expected);
  }

  template <class T>
  void read_number(const char* key, T& value, const Range& range) {
    const toml::node* node = find(key);
    if (!node) return;
    using Read = std::conditional_t<std::is_integral_v<T>, int64_t, double>;
    const auto got = node->is_number() ? node->value<Read>() : std::nullopt;
    if (!got || !range.holds(double(*got)))
      wrong(key, *node,
            (std::is_integral_v<T> ? "an integer from " : "a number from ") + shown(range.low) +
                (range.below ? " to below " : " to ") + shown(range.high));
    else
      value = T(*got);
  }
};

RecipeTable::RecipeTable(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecipeTable::~RecipeTable() = default;

RecipeTable RecipeFile::table(const std::string& name) const {
  auto state = std::make_unique<RecipeTable::State>();
  state->parsed = parsed_;
  state->name = name;
  const auto node = parsed_->root.at_path(name);
  state->table = node.as_table();
  if (node && !state->table)
    state->fail("[" + name + "] is not a table (" + place(*node.node()) + ")");
  return RecipeTable(std::move(state));
}

RecipeTable& RecipeTable::read(const char* key, std::string& value) {
  if (const toml::node* node = state_->find(key)) {
    if (const auto got = node->value<std::string>())
      value = *got;
    else
      state_->wrong(key, *node, "a text");
  }
  return *this;
}

RecipeTable& RecipeTable::read(const char* key, bool& value) {
  if (const toml::node* node = state_->find(key)) {
    if (const auto got = node->value_exact<bool>())  // 2 is not true
      value = *got;
    else
      state_->wrong(key, *node, "true or false");
  }
  return *this;
}

RecipeTable& RecipeTable::read(const char* key, std::string& value,
                               std::initializer_list<const char*> known) {
  const toml::node* node = state_->find(key);
  if (!node) return *this;
  const auto got = node->value<std::string>();
  std::string all;
  bool is_known = false;
  for (const char* one : known) {
    all += (all.empty() ? "" : ", ") + std::string(one);
    is_known = is_known || got == one;
  }
  if (!is_known)
    state_->wrong(key, *node, "one of " + all);
  else
    value = *got;
  return *this;
}

RecipeTable& RecipeTable::read(const char* key, double& value, const Range& range) {
  state_->read_number(key, value, range);
  return *this;
}
RecipeTable& RecipeTable::read(const char* key, float& value, const Range& range) {
  state_->read_number(key, value, range);
  return *this;
}
RecipeTable& RecipeTable::read(const char* key, int& value, const Range& range) {
  state_->read_number(key, value, range);
  return *this;
}
RecipeTable& RecipeTable::read(const char* key, uint64_t& value, const Range& range) {
  state_->read_number(key, value, range);
  return *this;
}

RecipeTable& RecipeTable::read(const char* key, std::vector<std::string>& values) {
  const toml::node* node = state_->find(key);
  if (!node) return *this;
  values.clear();
  if (const toml::array* list = node->as_array())
    for (const toml::node& item : *list)
      if (const auto text = item.value<std::string>()) values.push_back(*text);
  if (!node->as_array() || values.size() != node->as_array()->size())
    state_->wrong(key, *node, "a list of texts");
  return *this;
}

RecipeTable& RecipeTable::read_counts(std::map<std::string, int>& counts, int most) {
  if (!state_->table || state_->problem) return *this;
  for (const auto& [key, node] : *state_->table) {
    const std::string name(key.str());
    read(name.c_str(), counts[name], Range{0, double(most)});
  }
  return *this;
}

Status RecipeTable::finish() {
  State& s = *state_;
  std::string all;
  for (const auto& key : s.known) all += (all.empty() ? "" : ", ") + key;
  if (s.table && !s.problem)
    for (const auto& [key, node] : *s.table)
      if (!s.known.count(std::string(key.str())))
        s.fail(s.name + "." + std::string(key.str()) + " is not a known key (" + place(node) +
               "); known: " + all);
  if (s.problem) return *s.problem;
  return {};
}

}  // namespace tutti
