// `tutti bench routing`.
#pragma once

#include "../../command/verb.h"

namespace tutti::bench {

void add_routing(CLI::App& verb, Verb& chosen);

}  // namespace tutti::bench
