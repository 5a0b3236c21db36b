// `tutti bench trunk`.
#pragma once

#include "../../command/verb.h"

namespace tutti::bench {

void add_trunk(CLI::App& verb, Verb& chosen);

}  // namespace tutti::bench
