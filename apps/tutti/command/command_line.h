// How the words of a command line are read, alike in every program.
#pragma once

#include <CLI/CLI.hpp>

namespace tutti {

// Parses, and throws CLI::ParseError as CLI11 does; usage_message() has the words for it.
//
// Three mistakes are refused that CLI11 takes: an empty value, which most options would read as
// not given, so that `--keys "$KEYS"` would let everybody in where the variable is not set; a flag
// of the verb as the value of the one before it (`-o --json`); and help on a verb that is not
// there.
void parse_command_line(CLI::App& app, int argc, char** argv);

}  // namespace tutti
