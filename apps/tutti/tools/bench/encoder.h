// `tutti bench encoder`.
#pragma once

#include "../../command/verb.h"

namespace tutti::bench {

void add_encoder(CLI::App& verb, Verb& chosen);

}  // namespace tutti::bench
