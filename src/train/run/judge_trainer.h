// Trains the judge of the evaluation suite (model/judge.h): an eye on real pictograms, an ear on
// real and synthesised speech. Apart from every model that it will judge.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/shard_set.h"

namespace tutti {

struct JudgeRecipe {
  int steps = 2000;
  int classes = 100;
  int pictures = 32, utterances = 16;  // a step
  uint64_t seed = 1;
  int threads = 0;
};

// The concepts that the eye tells apart: English names of one word in small letters, drawn in both
// styles and by noto in the training split. First, up to 30 whose fluent3d drawing is held out, so
// that the judge can itself be judged on a style that it has not seen of them; then others; each
// part in the order of a hash of the name. Sorted in the end.
std::vector<std::string> judge_classes(const ShardSet& train, const ShardSet& held_out, int most);

struct JudgeProgress {
  int step, steps;
  double eye_loss, ear_loss, seconds;
};

// Trains, measures itself on the held-out split and writes the judge. Returns its card: JSON with
// "classes" and "figures" (accuracy on held-out drawings, word error rates by source).
Result<std::string> train_judge(const ShardSet& train, const ShardSet& held_out,
                                const JudgeRecipe& recipe, const std::string& path,
                                const std::function<void(const JudgeProgress&)>& report);

}  // namespace tutti
