// Test helper: the tables of parameters as they are by default.
#pragma once

#include "serve/contract/contract.h"

namespace tutti {

inline const Contract& contract() {
  static const Contract all(ApiLimits{});
  return all;
}

}  // namespace tutti
