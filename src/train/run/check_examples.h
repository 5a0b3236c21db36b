// Whether a model has the parts that examples need: what a recipe draws and what it trains are two
// tables, and neither knows of the other.
#pragma once

#include "base/result.h"
#include "train/objectives/objectives.h"

namespace tutti {

// bad_input names the first task that the model cannot learn, and the modality or head that it
// lacks. A head that no objective weighs is not needed.
Status check_examples(const ModelSpec& model, const ObjectiveOptions& objectives,
                      const std::vector<Example>& examples);

}  // namespace tutti
