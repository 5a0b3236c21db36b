// `tutti bench model`, and the options of all benches of a model file.
#pragma once

#include <string>

#include "../../command/verb.h"
#include "model_tasks.h"

namespace tutti::bench {

// What the benches of a model file have in common.
struct ModelOptions {
  std::string model, inputs;
  int threads = 0;
  bool json = false;

  void add_options(CLI::App& verb);
  // Finds the model; reads the inputs that were named or lie beside it.
  Result<TaskInputs> open();
};

void add_model(CLI::App& verb, Verb& chosen);

}  // namespace tutti::bench
