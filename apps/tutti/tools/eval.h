// `tutti eval`.
#pragma once

#include "../command/verb.h"

namespace tutti {

void add_eval(CLI::App& app, Verb& chosen);

}  // namespace tutti
