// How --help and the manual pages write what a flag takes: in words, where CLI11 has
// "INT:INT in [0 - 65535]" and "Excludes: --no-store".
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tutti {

// "--port NUMBER (0 to 65535)", "--log text|none", "--image FILE (repeatable)".
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override;
};

// For the program and every verb of it.
void write_help_in_words(CLI::App& app);

}  // namespace tutti
