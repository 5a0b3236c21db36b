// `tutti media-worker`.
#pragma once

#include "command/verb.h"

namespace tutti {

void add_media_worker(CLI::App& app, Verb& chosen);

}  // namespace tutti
