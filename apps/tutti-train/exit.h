// How the training programs end: 0 done, 1 failed, 2 wrong usage, 3 bad input.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>

#include "../tutti/command/command_line.h"
#include "../tutti/command/help.h"
#include "../tutti/command/usage.h"
#include "base/printable.h"
#include "base/result.h"

namespace tutti {

// Prints the error and returns the exit code.
inline int fail(const Error& error) {
  std::fprintf(stderr, "tutti-train: %s\n", printable(error.message()).c_str());
  return int(basic_code(error.code()));
}

// The exit code where there is nothing more to do: help was asked for, or cannot be understood.
inline std::optional<int> parse_or_end(CLI::App& app, int argc, char** argv) {
  app.failure_message(usage_message);
  write_help_in_words(app);
  try {
    parse_command_line(app, argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : int(ErrorCode::usage);
  }
  return {};
}

// The answer as a line on standard output; an output that is full is a failure.
inline int answer(const std::string& text) {
  if (std::printf("%s\n", text.c_str()) >= 0 && std::fflush(stdout) == 0) return 0;
  return fail(failed("cannot write to standard output; is the disk full?"));
}

}  // namespace tutti
