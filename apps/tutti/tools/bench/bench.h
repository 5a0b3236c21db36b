// tutti bench: a file a sub-command. Each warms up once, runs five times and quotes medians, and
// says what share of this machine's ceiling that is, which it measures first on the same threads.
#pragma once

#include "../../command/verb.h"

namespace tutti {

void add_bench(CLI::App& app, Verb& chosen);

}  // namespace tutti
