// Flow matching: noisy rows of a painting or of speech predict the clean values behind them, and
// the bytes of a text to be spoken how long each lasts.
#pragma once

#include "train/objectives/objective.h"
#include "train/objectives/recipe_table.h"

namespace tutti {

struct FlowOptions {
  double paint = 1, speak = 1, duration = 0.1;

  Status read(RecipeTable table);
};

struct FlowTargets : Targets {
  // The clean values behind the noisy ones of Batch::values, and each row's weight,
  // flow_weight(t).
  std::vector<float> paint_clean, paint_weight, speak_clean, speak_weight;
  // ln(1 + tokens) of each of Batch::speech_bytes; negative where unknown.
  std::vector<float> durations;
};

// 1 / max(1 - t, 0.05)^2: makes of an error of the clean values one of the velocity.
float flow_weight(float t);

// Fills `out` with what the examples hold; false: nothing.
bool fill_flow_targets(const Collated& collated, FlowTargets& out);
// One for all who ask; null: nothing.
std::shared_ptr<FlowTargets> flow_targets(const Collated& collated);

// The clean values that the rows of the modality with this stem (noisy: paint, spoken: speak)
// predict, in FP32; undefined where there are none.
const torch::Tensor& flow_prediction(Pass& pass, Stem stem);
// Mean of weight * (predicted - clean)^2: the velocity loss of an x-prediction.
torch::Tensor flow_distance(const Pass& pass, const torch::Tensor& predicted,
                            const torch::Tensor& clean, const std::vector<float>& row_weight);

class FlowObjective : public Objective {
 public:
  explicit FlowObjective(const FlowOptions& options) : options_(options) {}
  std::shared_ptr<Targets> targets(const Collated& collated) const override;
  void losses(Pass& pass, const Targets& targets, const Whole& whole,
              LossTerms& terms) const override;

 private:
  FlowOptions options_;
};

}  // namespace tutti
