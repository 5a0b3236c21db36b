// Runs a program without a shell.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tutti {

// Runs arguments[0] (found in PATH) with `input` on its standard input and returns its standard
// output. Fails when it cannot be started, exits with another code than 0, or writes more than
// 256 MiB. The message ends with what it said on standard error.
Result<std::string> run_program(const std::vector<std::string>& arguments,
                                const std::string& input = {});

}  // namespace tutti
