// Learning from a step: its examples dealt to micro-batches, and the gradients of all objectives.
#pragma once

#include <span>

#include "train/objectives/objectives.h"

namespace tutti {

// Owns its rows and what the objectives compare them with.
struct MicroBatch {
  std::shared_ptr<Batch> batch;
  std::vector<std::shared_ptr<Targets>> targets;  // one an objective; null: nothing of it here
};

// A step's examples as `count` micro-batches. The noise is drawn from `rng` alone and does not
// depend on the count.
std::vector<MicroBatch> make_micro_batches(const ModelSpec& config, const ObjectiveList& objectives,
                                           const std::vector<DrawnExample>& examples, int count);

struct StepLosses {
  std::map<std::string, double> values;  // unweighted means over the step; "total" is weighted
  bool active = false;                   // whether anything has a gradient and a weight
};

// Adds the gradients of the step to the model's weights: those of one batch of all of its examples,
// whatever number of micro-batches they are dealt to, but for the order of additions.
StepLosses learn(TorchOps& ops, const Model<TorchOps>& model, const ObjectiveList& objectives,
                 std::vector<MicroBatch>& batches);

// The losses alone, of the examples as they are: nobody is asked, nothing moves.
StepLosses evaluate(TorchOps& ops, const Model<TorchOps>& model, const ObjectiveList& objectives,
                    const std::vector<MicroBatch>& batches);

}  // namespace tutti
