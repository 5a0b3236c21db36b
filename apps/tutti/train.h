// `tutti train`.
#pragma once

#include "command/verb.h"

namespace tutti {

void add_train(CLI::App& app, Verb& chosen);

}  // namespace tutti
