#include "complete.h"

#include "hand_over.h"
#include "process_exit.h"
#include "tree.h"

namespace tutti {
namespace {

// What the words before the last one lead to.
struct Place {
  const CLI::App* verb;
  const CLI::Option* valued = nullptr;  // a flag whose value the last word is
};

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

Place place_of(const CLI::App& app, const std::vector<std::string>& words) {
  Place place{&app};
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    const bool is_value = place.valued;
    place.valued = nullptr;
    if (is_value) continue;
    if (const CLI::App* below = verb_named(*place.verb, words[i])) place.verb = below;
    const CLI::Option* option = place.verb->get_option_no_throw(words[i]);
    if (words[i].starts_with('-') && option && takes_value(*option)) place.valued = option;
  }
  return place;
}

void print_candidate(const std::string& word, const std::string& begin, const std::string& help) {
  if (word.starts_with(begin)) print_line(word + "\t" + help.substr(0, help.find('\n')));
}

// Of "KIND:{text,image}" each name, behind `before`.
void print_values(const CLI::Option& option, const std::string& before, const std::string& begin) {
  const std::string type = option.get_type_name();
  const size_t open = type.find('{'), close = type.find('}');
  if (open == type.npos || close == type.npos) return;
  for (const std::string& name : CLI::detail::split(type.substr(open + 1, close - open - 1), ','))
    print_candidate(before + name, begin, "");
}

void print_flags(const CLI::App& verb, const std::string& begin) {
  for (const CLI::Option* option : options_of(verb, OptionKind::flag)) {
    for (const std::string& name : option->get_lnames())
      print_candidate("--" + name, begin, option->get_description());
    for (const std::string& name : option->get_snames())
      print_candidate("-" + name, begin, option->get_description());
  }
}

void print_verbs(const CLI::App& verb, const std::string& begin) {
  for (const CLI::App* below : verbs_below(verb))
    print_candidate(below->get_name(), begin, below->get_description());
}

Status complete(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty()) return usage_error("complete is asked by a shell, with the words to complete");
  const std::string& last = words.back();
  const auto [verb, valued] = place_of(app, words);
  const size_t equals = last.starts_with("--") ? last.find('=') : last.npos;
  if (is_of_tools(*verb)) {
    std::vector<std::string> arguments = words;
    arguments.insert(arguments.begin(), "complete");
    return hand_to_tools(verb->get_name(), arguments);
  }
  if (valued) {
    print_values(*valued, "", last);
  } else if (equals != last.npos) {
    if (const CLI::Option* option = verb->get_option_no_throw(last.substr(0, equals)))
      print_values(*option, last.substr(0, equals + 1), last);
  } else if (last.starts_with('-')) {
    print_flags(*verb, last);
  } else {
    print_verbs(*verb, last);
  }
  return {};
}

}  // namespace

void add_complete(CLI::App& app, Verb& chosen) {
  CLI::App* verb =
      app.add_subcommand("complete", "Print what may come next on a command line, for shells.");
  verb->group("");
  verb->prefix_command();
  verb->set_help_flag();
  verb->callback([&app, verb, &chosen] {
    chosen = [&app, words = verb->remaining()] { return complete(app, words); };
  });
}

}  // namespace tutti
