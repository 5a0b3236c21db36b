// `tutti inspect`.
#pragma once

#include "command/verb.h"

namespace tutti {

void add_inspect(CLI::App& app, Verb& chosen);

}  // namespace tutti
