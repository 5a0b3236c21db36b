// `tutti run`.
#pragma once

#include "command/verb.h"

namespace tutti {

void add_run(CLI::App& app, Verb& chosen);

}  // namespace tutti
