// What is said of a command line that cannot be understood.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tutti {

// What was got, what is wanted and what to do next, for what CLI11 found to be wrong: "tutti run:
// there is no flag "--txt"; did you mean --text? tutti run --help lists what there is". One line.
std::string usage_message(const CLI::App* app, const CLI::Error& error);

// Where a verb is needed the words name one that is not there.
bool names_no_verb(const CLI::App& app);

// By itself CLI11 takes --json=false, --json=5 and, as a number that cannot be read, --json=abc; no
// flag of any verb means anything by that.
void refuse_values_of_flags(CLI::App& app);

}  // namespace tutti
