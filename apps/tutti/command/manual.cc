#include "manual.h"

#include <memory>

#include "base/quote.h"
#include "hand_over.h"
#include "help.h"
#include "process_exit.h"
#include "tree.h"

namespace tutti {
namespace {

constexpr const char* kExitStatus = "0 ok, 1 failed, 2 bad usage, 3 bad input.";

// Text as it is: no character of it is roff's, and a hyphen can be copied into a shell.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else
      out += c;
  }
  return out.starts_with('.') ? "\\&" + out : out;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::string item(const std::string& bold, const std::string& plain, const std::string& text) {
  return ".TP\n\\fB" + roff(bold) + "\\fR" + roff(plain) + "\n" + roff(text) + "\n";
}

// "tutti serve keys add [OPTIONS] NAME", as --help has it.
std::string synopsis(const CLI::App& verb, const std::string& name) {
  const std::string usage = CLI::Formatter().make_usage(&verb, name);
  const size_t begin = usage.find(name);
  return usage.substr(begin, usage.find('\n', begin) - begin);
}

std::string items_of(const CLI::App& verb) {
  const HelpFormatter formatter;
  std::string out;
  for (const OptionKind kind : {OptionKind::positional, OptionKind::flag})
    for (const CLI::Option* option : options_of(verb, kind))
      out += item(formatter.make_option_name(option, kind == OptionKind::positional),
                  formatter.make_option_opts(option), formatter.make_option_desc(option));
  return out;
}

// The verbs below one that has a page, on that page.
std::string sections_of(const CLI::App& verb, const std::string& name) {
  std::string out;
  for (const CLI::App* below : verbs_below(verb)) {
    const std::string called = name + " " + below->get_name();
    out += ".SS \"" + roff(synopsis(*below, called)) + "\"\n" + roff(below->get_description()) +
           "\n" + items_of(*below) + sections_of(*below, called);
  }
  return out;
}

// The verbs that have pages of their own.
std::string pages_below(const CLI::App& app) {
  std::string out;
  for (const CLI::App* below : verbs_below(app))
    out += item(app.get_name() + "-" + below->get_name(), "(1)", below->get_description());
  return out;
}

std::string page_of(const CLI::App& app, const CLI::App& verb) {
  const bool whole = &app == &verb;
  const std::string program = app.get_name();
  const std::string name = whole ? program : program + " " + verb.get_name();
  const std::string title = whole ? program : program + "-" + verb.get_name();
  std::string out = ".TH \"" + roff(title) + "\" 1 \"\" \"tutti " TUTTI_VERSION "\" \"Tutti\"\n";
  out += ".SH NAME\n" + roff(title) + " \\- " + roff(first_line(verb.get_description())) + "\n";
  out += ".SH SYNOPSIS\n" + roff(synopsis(verb, name)) + "\n";
  out += ".SH OPTIONS\n" + items_of(verb);
  if (!verbs_below(verb).empty())
    out += ".SH VERBS\n" + (whole ? pages_below(app) : sections_of(verb, name));
  out += std::string(".SH EXIT STATUS\n") + kExitStatus;
  return whole ? out : out + "\n.SH SEE ALSO\n" + roff(program) + "(1)";
}

Status manual(const CLI::App& app, const std::string& name) {
  const CLI::App* verb = name.empty() ? &app : verb_named(app, name);
  if (!verb) return usage_error("there is no verb " + quote(name) + "; tutti --help lists them");
  if (is_of_tools(*verb)) return hand_to_tools(name, {"manual", name});
  print_line(page_of(app, *verb));
  return {};
}

}  // namespace

void add_manual(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand("manual", "Print a verb's manual page, in roff.");
  verb->group("");
  auto name = std::make_shared<std::string>();
  verb->add_option("VERB", *name, "whose page; else that of tutti");
  verb->callback([&app, name, &chosen] { chosen = [&app, name] { return manual(app, *name); }; });
}

}  // namespace tutti
