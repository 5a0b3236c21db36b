// `tutti data`.
#pragma once

#include "../command/verb.h"

namespace tutti {

void add_data(CLI::App& app, Verb& chosen);

}  // namespace tutti
