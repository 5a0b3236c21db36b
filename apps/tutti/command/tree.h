// The verbs and flags of a program as CLI11 holds them, without those that are not for people
// (which have no group).
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tutti {

std::vector<const CLI::App*> verbs_below(const CLI::App& verb);
// nullptr where there is none.
const CLI::App* verb_named(const CLI::App& above, const std::string& name);

enum class OptionKind { positional, flag };
std::vector<const CLI::Option*> options_of(const CLI::App& verb, OptionKind kind);

// Whether tutti-tools does what `verb` stands for: it has no options here, not even --help.
bool is_of_tools(const CLI::App& verb);

}  // namespace tutti
