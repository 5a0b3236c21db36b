// Distillation into a smaller model: beside the ordinary losses, the student imitates what a
// teacher says of the same batch.
#pragma once

#include "train/objectives/contrast.h"
#include "train/objectives/flow.h"
#include "train/objectives/teach/teacher.h"
#include "train/objectives/text.h"

namespace tutti {

struct DistillOptions {
  std::string teacher;  // a model file; empty: off
  bool inherit = true;  // a fresh student starts from slices of the teacher's weights
  // How much each counts, as a multiple of the weight of the loss that it stands beside;
  // `relations` (cosines of all pooled segments) stands alone.
  double logits = 1, flow = 1, relations = 1;

  Status read(RecipeTable table);
};

struct DistillTargets : Targets {
  // Those that the student's own losses compare with, too; null: none.
  std::shared_ptr<const TextTargets> text;
  std::shared_ptr<const ContrastTargets> contrast;
  std::shared_ptr<const FlowTargets> flow;
  // What the teacher says; undefined where the batch has none of it, or before it was asked.
  torch::Tensor text_logits;   // capped, a row for each of text->rows
  Flows<torch::Tensor> clean;  // values at the batch's noise
  torch::Tensor embeddings;    // of contrast's pooled segments
};

class DistillObjective : public Objective {
 public:
  DistillObjective(const DistillOptions& options, const TextOptions& text, const FlowOptions& flow)
      : options_(options), text_(text), flow_(flow) {}

  Status open(const ModelSpec& config, torch::Device device, torch::ScalarType compute) override;
  Status begin_weights(ParameterStore& weights, const ModelSpec& config) override;
  std::shared_ptr<Targets> targets(const Collated& collated) const override;
  // Asks the teacher. The batch is the student's: rows lie alike in models that fit together
  // (Teacher::open_for).
  void before(int pass, const std::shared_ptr<Batch>& batch, Targets& targets) override;
  bool needs_whole() const override { return options_.relations > 0; }
  std::vector<torch::Tensor> statistics(Pass& pass, const Targets& targets) const override;
  void losses(Pass& pass, const Targets& targets, const Whole& whole,
              LossTerms& terms) const override;

 private:
  void relations(Pass& pass, const DistillTargets& mine, const Whole& whole,
                 LossTerms& terms) const;

  DistillOptions options_;
  TextOptions text_;
  FlowOptions flow_;
  std::unique_ptr<Teacher> teacher_;
};

}  // namespace tutti
