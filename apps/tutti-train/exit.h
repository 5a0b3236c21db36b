// How the training programs end: 0 done, 1 failed, 2 wrong usage, 3 bad input.
#pragma once

#include <cstdio>
#include <string>

#include "base/result.h"

namespace tutti {

// Prints the error and returns the exit code.
inline int fail(const Error& error) {
  std::fprintf(stderr, "tutti-train: %s\n", error.message().c_str());
  return int(basic_code(error.code()));
}

// The answer as a line on standard output; an output that is full is a failure.
inline int answer(const std::string& text) {
  if (std::printf("%s\n", text.c_str()) >= 0 && std::fflush(stdout) == 0) return 0;
  return fail(failed("cannot write to standard output; is the disk full?"));
}

}  // namespace tutti
