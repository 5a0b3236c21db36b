#include "usage.h"

#include "base/joined.h"
#include "base/quote.h"
#include "base/similar.h"
#include "tree.h"

namespace tutti {
namespace {

// The last verb that was understood, and how it was called: "tutti serve keys".
struct Called {
  const CLI::App* verb;
  std::string name;

  explicit Called(const CLI::App& app) : verb(&app), name(app.get_name()) {
    for (auto below = app.get_subcommands(); !below.empty(); below = verb->get_subcommands()) {
      verb = below.back();
      name += " " + verb->get_name();
    }
  }
};

std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : verbs_below(app)) names.push_back(verb->get_name());
  return names;
}

std::vector<std::string> flags_of(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

std::string or_meant(const std::string& word, const std::vector<std::string>& names) {
  const std::string meant = most_similar(word, names);
  return meant.empty() ? "" : "; did you mean " + meant + "?";
}

bool is_flag(const std::string& word) {
  return word.size() > 1 && word[0] == '-';
}

// A verb is needed where a word stands that is none.
bool lacks_verb(const Called& called, const std::vector<std::string>& left_over) {
  return !left_over.empty() && !is_flag(left_over.front()) && !verbs_of(*called.verb).empty();
}

// Of what is left over, a verb that is not there: flags behind it are its own. Else the first flag:
// the words behind it may be its value.
std::string unexpected(const CLI::App& app, const Called& called,
                       const std::vector<std::string>& left_over) {
  const std::string word = quote(left_over.front());
  if (lacks_verb(called, left_over))
    return "there is no verb " + word + or_meant(left_over.front(), verbs_of(*called.verb));
  const auto found = std::find_if(left_over.begin(), left_over.end(), is_flag);
  if (found == left_over.end()) return "no argument " + word + " is taken here";
  const std::string flag = found->substr(0, found->find('='));
  const std::vector<std::string> before = app.remaining(false), known = flags_of(*called.verb);
  if (called.verb != &app && std::find(before.begin(), before.end(), *found) != before.end() &&
      std::find(known.begin(), known.end(), flag) != known.end())
    return quote(flag) + " stands in front of the verb; put it behind: " + called.name + " " + flag;
  return "there is no flag " + quote(flag) + or_meant(flag, known);
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const size_t at = text.find(what);
  return at == text.npos ? text : text.replace(at, what.size(), with);
}

// CLI11's own words, as far as they are not those of a person.
std::string told(const CLI::Error& error) {
  std::string said = error.what();
  const std::string flag = said.substr(0, said.find_first_of(": "));
  switch (CLI::ExitCodes(error.get_exit_code())) {
    case CLI::ExitCodes::ExcludesError:
      return replaced(said, " excludes ", " and ") + " exclude each other; give one of them";
    case CLI::ExitCodes::ConversionError:
      return replaced(replaced(said, "Could not convert: ", ""), " = ", " is ") +
             "; it must be a whole number";
    case CLI::ExitCodes::ValidationError:
      return replaced(
          replaced(replaced(said, ": Value ", " is "), " not in range ", "; it can be "), ": is ",
          " is ");
    case CLI::ExitCodes::ArgumentMismatch:
      if (said.find("At Most") != said.npos) return flag + " is given more than once; give it once";
      if (said.find("missing") != said.npos) return flag + " needs a value behind it";
      if (said.find("override") != said.npos)  // the name comes without its hyphens
        return (flag.size() == 1 ? "-" : "--") + flag + " takes no value";
      return said;
    default:
      return said;
  }
}

}  // namespace

void refuse_values_of_flags(CLI::App& app) {
  for (CLI::Option* option : app.get_options())
    if (option->get_items_expected_max() == 0) option->disable_flag_override();
  for (CLI::App* verb : app.get_subcommands({})) refuse_values_of_flags(*verb);
}

std::string usage_message(const CLI::App* app, const CLI::Error& error) {
  const Called called(*app);
  std::vector<std::string> left_over = app->remaining(true);
  std::erase(left_over, "--");
  const auto kind = CLI::ExitCodes(error.get_exit_code());
  const bool lacking = kind == CLI::ExitCodes::RequiredError;
  const std::vector<std::string> verbs = verbs_of(*called.verb);
  std::string problem = told(error);
  if (!left_over.empty() && (lacking || kind == CLI::ExitCodes::ExtrasError))
    problem = unexpected(*app, called, left_over);
  else if (lacking && !verbs.empty())
    problem = "a verb is needed: " + joined(verbs);
  return called.name + ": " + problem + (problem.ends_with('?') ? " " : "; ") + called.name +
         " --help lists what there is\n";
}

bool names_no_verb(const CLI::App& app) {
  return lacks_verb(Called(app), app.remaining(true));
}

}  // namespace tutti
