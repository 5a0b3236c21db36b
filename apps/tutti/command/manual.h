// `tutti manual [VERB]`: the manual page of a verb, or of the whole program, in roff, from the same
// tree of verbs and flags as --help. What is installed is made by packaging/manuals.sh.
#pragma once

#include "verb.h"

namespace tutti {

void add_manual(CLI::App& app, Verb& chosen);

}  // namespace tutti
