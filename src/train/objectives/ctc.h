// Connectionist temporal classification (Graves et al. 2006): the audio encoder's tokens spell the
// UTF-8 bytes that are said in them.
#pragma once

#include "train/objectives/objective.h"
#include "train/objectives/recipe_table.h"

namespace tutti {

struct CtcOptions {
  double weight = 0.3;

  Status read(RecipeTable table);
};

struct CtcTargets : Targets {
  struct Spoken {
    int first_row, rows;  // of level-1 audio
    std::string text;
  };
  std::vector<Spoken> spoken;
};

class CtcObjective : public Objective {
 public:
  explicit CtcObjective(const CtcOptions& options) : options_(options) {}
  std::shared_ptr<Targets> targets(const Collated& collated) const override;
  void losses(Pass& pass, const Targets& targets, const Whole& whole,
              LossTerms& terms) const override;

 private:
  CtcOptions options_;
};

}  // namespace tutti
