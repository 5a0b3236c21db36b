// Few-step generation: a student that starts as its teacher learns to go in one evaluation, without
// guidance, where the guided teacher goes in several (guided distillation, arXiv 2210.03142, in the
// x-prediction form of this model).
//
// The student generates on the fixed grid of K steps of flow_time(), so the noise level says how
// far to go. Rejected: a step size as a further input (shortcut models, arXiv 2410.12557). It would
// serve every K, but spends most of its training on steps that nobody takes, and 2^-k sized steps
// learned from each other add up their errors; one teacher and one grid need neither.
#pragma once

#include "train/collate.h"
#include "train/teacher.h"

namespace tutti {

struct FewStepOptions {
  std::string teacher;  // a model file; empty: off
  int steps = 4;        // the student's evaluations a picture or a piece of speech
  int substeps = 4;     // the teacher's Euler steps within each but the last
  double paint_guidance = 4, speak_guidance = 1.5;
};

// What is generated in a step, with its text and with the text dropped; the same noisy rows in
// both.
struct GuidedBatches {
  TrainBatch with, without;
};
// `rng` as for the student's collate(): equal draws, equal noise.
GuidedBatches collate_guided(const ModelConfig& config, const std::vector<Example>& examples,
                             CollateOptions options, const Rng& rng);

// Moves the noisy rows of both batches along the guided flow, from their noise levels on the grid
// of `steps` to the next ones, in `substeps` Euler steps. What has reached t = 1 is done: from the
// last level the prediction itself is the sample. Guidance 1 looks at `with` alone.
void advance(Teacher& teacher, GuidedBatches& batches, double paint_guidance, double speak_guidance,
             int steps, int substeps);

// Replaces the clean values that the student is to predict by those whose one Euler step to the
// next level lands where the teacher's substeps land.
void set_few_step_targets(Teacher& teacher, const FewStepOptions& options, GuidedBatches& batches,
                          TrainBatch& student);

}  // namespace tutti
