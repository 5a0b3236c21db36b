// tutti data prior.
#pragma once

#include "../command/verb.h"

namespace tutti {

// Below the verb `data`.
void add_prior(CLI::App& data, Verb& chosen);

}  // namespace tutti
