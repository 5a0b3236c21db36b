#include "help.h"

#include <algorithm>
#include <vector>

namespace tutti {
namespace {

// "NUMBER" of "INT:0 to 65535", "text|none" of "TEXT:{text,none}".
std::string value_of(const std::string& type, const std::string& values) {
  if (values.starts_with('{')) {
    std::string names = values.substr(1, values.find('}') - 1);
    std::replace(names.begin(), names.end(), ',', '|');
    return names;
  }
  return type == "INT" || type == "UINT" || type == "FLOAT" ? "NUMBER" : type;
}

std::string notes_of(const CLI::Option& option, const std::string& values) {
  std::vector<std::string> notes;
  if (!values.empty() && !values.starts_with('{')) notes.push_back(values);
  if (option.get_required()) notes.emplace_back("required");
  if (option.get_expected_max() == CLI::detail::expected_max_vector_size)
    notes.emplace_back("repeatable");
  std::string others;
  for (const CLI::Option* other : option.get_excludes())
    others += (others.empty() ? "not with " : ", ") + other->get_name();
  if (!others.empty()) notes.push_back(others);
  return notes.empty() ? "" : "(" + CLI::detail::join(notes, "; ") + ")";
}

}  // namespace

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  const std::string type = option->get_type_name();
  const size_t colon = std::min(type.find(':'), type.size());
  const std::string values = type.substr(std::min(colon + 1, type.size()));
  std::string out;
  for (const std::string& part :
       {value_of(type.substr(0, colon), values), notes_of(*option, values)})
    if (!part.empty()) out += " " + part;
  return out;
}

void write_help_in_words(CLI::App& app) {
  app.formatter(std::make_shared<HelpFormatter>());
  for (CLI::App* verb : app.get_subcommands({})) write_help_in_words(*verb);
}

}  // namespace tutti
