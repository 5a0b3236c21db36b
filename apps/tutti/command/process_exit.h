// How `tutti` begins and ends: whatever a verb does, the process ends with 0 to 3, and says so
// where it could not write what it was asked for.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "verb.h"

namespace tutti {

// All of main(): calls `run` and returns its exit code. A reader that goes away (`tutti run ... |
// head`) makes writing fail rather than a signal end the process, and so does a file beyond its
// limit; standard streams that were closed stay unusable, so that no file that is opened later
// takes their place; a file that is cut short while it is read gives 3 (cut_files.h); what is
// thrown, a lack of memory in any thread above all, is reported and gives 1.
int run_process(const std::function<int()>& run);

// Parses the command line, runs the verb that it chose, flushes standard output, reports what
// failed to standard error. The exit code.
int run_verb(CLI::App& app, const Verb& chosen, int argc, char** argv);

// Write to standard output, a line with a line end behind it. What cannot be written is reported
// when the process ends, with its reason; printf() forgets that of a long text. Text on a terminal
// is what the terminal shows and not what it obeys (base/printable.h), for models and files say
// what strangers put into them; files and pipes get every byte as it is.
void print_line(const std::string& text);
void print_text(const std::string& text);
void print_bytes(const void* bytes, size_t size);

// All that was printed is on its way, or failed that says why not.
Status flush_output();

}  // namespace tutti
