// A picture's rows say what they cover, in the words that questions and answers use: early, for
// what a question's rows are to find there must be there before the last layers. By half of the
// layers, names in questions say where their things are.
#pragma once

#include "train/objectives/objective.h"
#include "train/objectives/recipe_table.h"

namespace tutti {

struct LocateOptions {
  double weight = 0.1;

  Status read(RecipeTable table);
};

// Generated scenes and clips: the summary token in trunk row covered_rows[i] covers what
// covered_ids[i] names. And a name in a question about one: where what it means is and how many
// there are.
struct LocateTargets : Targets {
  std::vector<int32_t> covered_rows, covered_ids, mention_rows, mention_ids;
};

class LocateObjective : public Objective {
 public:
  explicit LocateObjective(const LocateOptions& options) : options_(options) {}
  std::shared_ptr<Targets> targets(const Collated& collated) const override;
  void losses(Pass& pass, const Targets& targets, const Whole& whole,
              LossTerms& terms) const override;

 private:
  LocateOptions options_;
};

}  // namespace tutti
