// The models of `tutti serve`: which files, under which names.
#pragma once

#include <string>
#include <vector>

#include "../command/models.h"
#include "engine/registry.h"

namespace tutti {

struct ServeModels {
  std::vector<std::string> models;   // NAME=FILE, or FILE alone, whose name without suffix it has
  std::vector<std::string> aliases;  // NAME=MODEL
  int threads = 0;
  std::string dtype = "auto";

  void add_options(CLI::App& verb);
  // All of them; the first is the default. Names and aliases are checked before a file is read.
  Status load(Registry& registry) const;
};

}  // namespace tutti
