#include "tree.h"

namespace tutti {

std::vector<const CLI::App*> verbs_below(const CLI::App& verb) {
  return verb.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); });
}

const CLI::App* verb_named(const CLI::App& above, const std::string& name) {
  for (const CLI::App* verb : verbs_below(above))
    if (verb->get_name() == name) return verb;
  return nullptr;
}

std::vector<const CLI::Option*> options_of(const CLI::App& verb, OptionKind kind) {
  return verb.get_options([kind](const CLI::Option* one) {
    return !one->get_group().empty() && one->get_positional() == (kind == OptionKind::positional);
  });
}

bool is_of_tools(const CLI::App& verb) {
  return verb.get_options({}).empty() && !verb.get_group().empty();
}

}  // namespace tutti
