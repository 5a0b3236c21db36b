// Flow matching: noisy rows of a painting or of speech predict the clean values behind them, and
// the bytes of a text to be spoken how long each lasts.
#pragma once

#include <array>

#include "train/objectives/objective.h"
#include "train/objectives/recipe_table.h"

namespace tutti {

// What is generated: the name of its loss, and the stem of its modality.
struct FlowKind {
  const char* name;
  Stem stem;
};
inline constexpr std::array kFlows = {FlowKind{"paint", Stem::noisy},
                                      FlowKind{"speak", Stem::spoken}};
// Something of each of them, in that order.
template <class T>
using Flows = std::array<T, kFlows.size()>;

struct FlowOptions {
  double paint = 1, speak = 1, duration = 0.1;

  Status read(RecipeTable table);
  Flows<double> weights() const { return {paint, speak}; }
};

// The clean values behind the noisy ones of Batch::values, and each row's weight, flow_weight(t).
struct Flow {
  std::vector<float> clean, weight;
};

struct FlowTargets : Targets {
  Flows<Flow> flows;
  // ln(1 + tokens) of each of Batch::speech_bytes; negative where unknown.
  std::vector<float> durations;
};

// 1 / max(1 - t, 0.05)^2: makes of an error of the clean values one of the velocity.
float flow_weight(float t);

// Fills `out` with what the examples hold; false: nothing.
bool fill_flow_targets(const Collated& collated, FlowTargets& out);
// One for all who ask; null: nothing.
std::shared_ptr<FlowTargets> flow_targets(const Collated& collated);

// The clean values that the rows of each predict, in FP32; undefined where there are none.
Flows<torch::Tensor> flow_predictions(Pass& pass);
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
