// What this machine is, for `tutti doctor`.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tutti {

struct Machine {
  std::string cpu;
  std::vector<std::string> features;  // vector instruction sets that matter to kernels
  int cores = 0;
  double memory_gb = 0, free_gb = 0;
};
Machine describe_machine();

// The first file `name` in PATH that may be run.
std::optional<std::string> find_program(const std::string& name);

// $TUTTI_TRAIN, next to the binary, in the build tree beside it, or in PATH.
std::optional<std::string> find_trainer();
// Next to the binary or in PATH.
std::optional<std::string> find_tools();

}  // namespace tutti
