#include "command_line.h"

#include <algorithm>
#include <string_view>

#include "base/quote.h"
#include "usage.h"

namespace tutti {
namespace {

std::string what_to_do(const CLI::Option& option) {
  return option.get_required() ? "; give it a value"
                               : "; give it a value, or leave " + option.get_name() + " out";
}

// What is wrong with a value whatever the option means by it.
std::string check_value(const CLI::App& verb, const CLI::Option& option, const std::string& value) {
  if (value.empty()) return "is empty" + what_to_do(option);
  if (value.size() > 1 && value[0] == '-' && verb.get_option_no_throw(value))
    return "is " + quote(value) + ", which is a flag" + what_to_do(option);
  return "";
}

void check_values(CLI::App& verb) {
  for (CLI::Option* option : verb.get_options())  // in front of what checks the value itself
    option->transform(CLI::Validator(
        [&verb, option](std::string& value) { return check_value(verb, *option, value); }, ""));
  for (CLI::App* below : verb.get_subcommands({})) check_values(*below);
}

// For "--keys=" CLI11 would take the next word as the value: it is "--keys" and an empty word. The
// words behind `complete` are not finished, so they stay as they are.
std::vector<std::string> words_of(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "complete") return {argv + 1, argv + argc};
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool lacks = word.starts_with("--") && word.find('=') == word.size() - 1;
    words.push_back(lacks ? word.substr(0, word.size() - 1) : word);
    if (lacks) words.emplace_back();
  }
  return words;
}

}  // namespace

void parse_command_line(CLI::App& app, int argc, char** argv) {
  check_values(app);
  std::vector<std::string> words = words_of(argc, argv);
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(words);
  } catch (const CLI::CallForHelp&) {
    if (!names_no_verb(app)) throw;
    throw CLI::ExtrasError(app.get_name(), app.remaining(true));
  }
}

}  // namespace tutti
