// The verbs of tutti-tools, as `tutti` has them: each runs that program.
#pragma once

#include "command/verb.h"

namespace tutti {

void add_eval(CLI::App& app, Verb& chosen);
void add_quantize(CLI::App& app, Verb& chosen);
void add_data(CLI::App& app, Verb& chosen);
void add_bench(CLI::App& app, Verb& chosen);

}  // namespace tutti
