// Where the model, and the program itself, are found.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"

namespace tutti {

// The folder of the running binary.
std::string program_folder();

// Where a model is looked for when --model is not given, in order: $TUTTI_MODEL, then
// models/tutti-nano.safetensors in the current folder and in the folders above the binary, then
// the installed ../share/tutti/models.
std::vector<std::string> model_candidates();
// Where that is, for help.
inline const std::string kModelHelp =
    "model file (default: $TUTTI_MODEL, else models/tutti-nano.safetensors in the current folder, "
    "in one above the program, or in ../share/tutti beside it)";

// The first that exists. bad_input that lists the places where there is none.
Result<std::string> find_model(const std::string& given);

// --dtype auto|f32|bf16|int8 as a name (values.h), and what it stands for.
void add_dtype_option(CLI::App& verb, std::string& name);
EngineOptions::Dtype dtype_named(const std::string& name);

// --model, --threads and --dtype, the same for every verb that loads one; --adapter for those that
// ask it.
struct ModelChoice {
  std::string path;
  int threads = 0;
  std::string dtype = "auto", adapter;

  void add_options(CLI::App& verb);
  void add_adapter_option(CLI::App& verb);
  // found: the file, with its adapter as FILE:ADAPTER where one was chosen.
  Result<Engine> load(std::string* found = nullptr) const;
};

}  // namespace tutti
