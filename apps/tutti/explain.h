// `tutti explain`.
#pragma once

#include "command/verb.h"

namespace tutti {

void add_explain(CLI::App& app, Verb& chosen);

}  // namespace tutti
