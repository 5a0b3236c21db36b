// `tutti quantize`.
#pragma once

#include "../command/verb.h"

namespace tutti {

void add_quantize(CLI::App& app, Verb& chosen);

}  // namespace tutti
