// `tutti doctor`.
#pragma once

#include "command/verb.h"

namespace tutti {

void add_doctor(CLI::App& app, Verb& chosen);

}  // namespace tutti
