// From mel frames to sound, outside the trunk; the loss itself is in vocoder_loss.h.
#pragma once

#include "train/objectives/objective.h"
#include "train/objectives/recipe_table.h"

namespace tutti {

struct VocoderOptions {
  double weight = 0.1;

  Status read(RecipeTable table);
};

// Mel rows of several sounds and their samples, 160 a row.
struct VocoderTargets : Targets {
  std::vector<float> mel, samples;
  std::vector<int32_t> frames;  // of each sound
};

class VocoderObjective : public Objective {
 public:
  explicit VocoderObjective(const VocoderOptions& options) : options_(options) {}
  std::shared_ptr<Targets> targets(const Collated& collated) const override;
  void losses(Pass& pass, const Targets& targets, const Whole& whole,
              LossTerms& terms) const override;

 private:
  VocoderOptions options_;
};

}  // namespace tutti
