// Which flags of `tutti run` and `tutti explain` change an answer. One that would change nothing is
// refused by name rather than left out in silence.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "base/result.h"
#include "command/inputs.h"

namespace tutti {

// What the command line asks for, as far as flags depend on it.
struct Asked {
  std::string to = "text", task = "auto";
  float temperature = 0;
  PromptKinds prompt;

  // Whether the CTC head spells the sound: nothing is sampled then.
  bool transcribes() const;
  bool writes() const;     // the model makes text
  bool describes() const;  // a name or a caption, which have a language
};

// usage_error for the first flag that was given and changes nothing.
Status check_flags(const CLI::App& verb, const Asked& asked);

// The code of --language; usage_error with the list where what is asked for cannot be said in it.
Result<std::string> language_of(const Asked& asked, const std::string& tag);

}  // namespace tutti
