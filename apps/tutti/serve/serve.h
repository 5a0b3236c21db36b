// `tutti serve`.
#pragma once

#include "../command/verb.h"

namespace tutti {

void add_serve(CLI::App& app, Verb& chosen);

}  // namespace tutti
