// Language modelling: each row of a text that the model is to say predicts the next piece.
#pragma once

#include "train/objectives/objective.h"
#include "train/objectives/recipe_table.h"

namespace tutti {

struct TextOptions {
  double weight = 0.2;
  // Answers about scenes and clips are a word or two each, lost among whole texts, and count once
  // more.
  double answers = 0.05;

  Status read(RecipeTable table);
};

// Trunk row rows[i] should say ids[i]; tasks[i] is the example's task.
struct TextTargets : Targets {
  std::vector<int32_t> rows, ids, tasks;
};

// One for all who ask.
std::shared_ptr<TextTargets> text_targets(const Collated& collated);

// Of each of the rows, before the cap.
const torch::Tensor& text_logits(Pass& pass, const TextTargets& targets);

class TextObjective : public Objective {
 public:
  explicit TextObjective(const TextOptions& options) : options_(options) {}
  std::shared_ptr<Targets> targets(const Collated& collated) const override;
  void losses(Pass& pass, const Targets& targets, const Whole& whole,
              LossTerms& terms) const override;

 private:
  TextOptions options_;
};

}  // namespace tutti
