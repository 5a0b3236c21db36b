// The verbs of `tutti`, a file each. A verb adds its subcommand and, once the command line is read,
// leaves what it will do in `chosen`; main() runs it and turns its Status into the exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "base/result.h"

namespace tutti {

using Verb = std::function<Status()>;

void add_run(CLI::App& app, Verb& chosen);
void add_serve(CLI::App& app, Verb& chosen);
void add_eval(CLI::App& app, Verb& chosen);
void add_explain(CLI::App& app, Verb& chosen);
void add_quantize(CLI::App& app, Verb& chosen);
void add_inspect(CLI::App& app, Verb& chosen);
void add_doctor(CLI::App& app, Verb& chosen);
void add_data(CLI::App& app, Verb& chosen);
void add_bench(CLI::App& app, Verb& chosen);
void add_train(CLI::App& app, Verb& chosen);
void add_media_worker(CLI::App& app, Verb& chosen);

}  // namespace tutti
