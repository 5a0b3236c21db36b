// Holds each group's share of routed work at its target; which rows run, the tasks decide.
// Rejected: one target for all rows together, which closes whole modalities, and a target for
// probabilities: a mean of 0.4 is reached by 0.4 everywhere, which runs nothing.
#pragma once

#include "train/objectives/objective.h"
#include "train/objectives/recipe_table.h"

namespace tutti {

struct RoutingOptions {
  double weight = 0.02;
  // Share of the routed layers that a row of each group should run, on average; by the group's
  // name.
  std::map<std::string, double> shares;

  Status read(RecipeTable table, const ModelSpec& model);
  // bad_input names the first group of the model that has no share although the loss weighs.
  Status check(const ModelSpec& model) const;
};

struct RouteTargets : Targets {
  std::vector<int> rows;  // of each group
};

class RouteObjective : public Objective {
 public:
  explicit RouteObjective(const RoutingOptions& options) : options_(options) {}
  std::shared_ptr<Targets> targets(const Collated& collated) const override;
  bool needs_whole() const override { return options_.weight > 0; }
  std::vector<torch::Tensor> statistics(Pass& pass, const Targets& targets) const override;
  void losses(Pass& pass, const Targets& targets, const Whole& whole,
              LossTerms& terms) const override;

 private:
  RoutingOptions options_;
};

}  // namespace tutti
