// Everything that a resumed run needs, in one safetensors file written atomically.
#pragma once

#include "base/result.h"
#include "train/run/optimizer.h"
#include "train/weights.h"

namespace tutti {

Status save_checkpoint(const std::string& path, int step, const Weights& weights,
                       const Optimizer& optimizer);

// Restores in place and returns the number of steps done. A checkpoint of another model is an error
// that names the first tensor that differs; nothing is changed then.
Result<int> load_checkpoint(const std::string& path, Weights& weights, Optimizer& optimizer);

}  // namespace tutti
