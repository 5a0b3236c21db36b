// A person's alpha matte: cross-entropy on alpha plus the error of its gradients, which keeps edges
// crisp.
#pragma once

#include "train/objectives/objective.h"
#include "train/objectives/recipe_table.h"

namespace tutti {

struct MatteOptions {
  double weight = 0.25;

  Status read(RecipeTable table);
};

// Pictures of the batch and their alpha in [0, 1], in the head's order (kStemRows x kImagePatch^2
// each).
struct MatteTargets : Targets {
  std::vector<int32_t> images;
  std::vector<float> alpha;
};

class MatteObjective : public Objective {
 public:
  explicit MatteObjective(const MatteOptions& options) : options_(options) {}
  std::shared_ptr<Targets> targets(const Collated& collated) const override;
  void losses(Pass& pass, const Targets& targets, const Whole& whole,
              LossTerms& terms) const override;

 private:
  MatteOptions options_;
};

}  // namespace tutti
