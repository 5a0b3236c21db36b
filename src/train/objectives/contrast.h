// One space for all modalities: segments that mean the same have like embeddings (a sigmoid loss on
// all pairs of a step, SigLIP, arXiv 2303.15343).
#pragma once

#include "train/objectives/objective.h"
#include "train/objectives/recipe_table.h"

namespace tutti {

struct ContrastOptions {
  double weight = 0.1;

  Status read(RecipeTable table);
};

// First segments as row lists; pair p compares segments left[p] and right[p]. Pairs of different
// spaces (picture-text, audio-text, clip-text) are never each other's negatives.
struct ContrastTargets : Targets {
  std::vector<int32_t> pool_rows, pool_bounds = {0};
  std::vector<int32_t> left, right, space;
  std::vector<uint64_t> meaning;  // equal: not negatives of each other

  int segments() const { return int(pool_bounds.size()) - 1; }
};

// One for all who ask.
std::shared_ptr<ContrastTargets> contrast_targets(const Collated& collated);

// Of all pooled segments, a row each.
const torch::Tensor& embeddings(Pass& pass, const ContrastTargets& targets);

class ContrastObjective : public Objective {
 public:
  explicit ContrastObjective(const ContrastOptions& options) : options_(options) {}
  std::shared_ptr<Targets> targets(const Collated& collated) const override;
  bool needs_whole() const override { return options_.weight > 0; }
  std::vector<torch::Tensor> statistics(Pass& pass, const Targets& targets) const override;
  void losses(Pass& pass, const Targets& targets, const Whole& whole,
              LossTerms& terms) const override;

 private:
  ContrastOptions options_;
};

// All rows of what the micro-batches hold (statistics[which] of each), mine as `live`, which may
// have gradients.
torch::Tensor whole_rows(const Whole& whole, size_t which, const torch::Tensor& live);

}  // namespace tutti
