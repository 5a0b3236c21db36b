// `tutti bench hear`.
#pragma once

#include "../../command/verb.h"

namespace tutti::bench {

void add_hear(CLI::App& verb, Verb& chosen);

}  // namespace tutti::bench
