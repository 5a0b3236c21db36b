// `tutti complete WORD...`, which shells ask when Tab is pressed (packaging/completions/): the
// words of a command line behind `tutti`, up to the cursor, the last of them unfinished and perhaps
// empty. Prints what may stand in its place, one a line, with a tab and what it means behind it:
// verbs, flags where it begins with '-', or the values of the flag before it. Nothing where any
// word may stand; shells then offer files.
//
// Rejected: scripts with lists of all flags, made by the build, which are those of another version
// as soon as there are two programs on a machine.
#pragma once

#include "verb.h"

namespace tutti {

void add_complete(CLI::App& app, Verb& chosen);

}  // namespace tutti
