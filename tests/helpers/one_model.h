// Test helper: a registry of one model.
#pragma once

#include <stdexcept>
#include <string>

#include "engine/registry.h"

namespace tutti {

class OneModel : public Registry {
 public:
  OneModel(const std::string& name, const std::string& path) {
    const Status status = add(name, {path, {.threads = 2}});
    if (!status) throw std::runtime_error(status.error().message());
  }
};

}  // namespace tutti
