// A verb of `tutti`: it adds its subcommand and, once the command line is read, leaves what it will
// do in `chosen`; main() runs it and turns its Status into the exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "base/result.h"

namespace tutti {

using Verb = std::function<Status()>;

}  // namespace tutti
