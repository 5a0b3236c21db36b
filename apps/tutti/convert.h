// `tutti convert`.
#pragma once

#include "command/verb.h"

namespace tutti {

void add_convert(CLI::App& app, Verb& chosen);

}  // namespace tutti
