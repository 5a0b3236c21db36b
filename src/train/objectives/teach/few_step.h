// Few-step generation: a student that starts as its teacher learns to go in one evaluation, without
// guidance, where the guided teacher goes in several (guided distillation, arXiv 2210.03142, in the
// x-prediction form of this model).
//
// The student generates from noise as it will in use, in the K steps of FlowSolver, and at each
// step the teacher shows where it would have gone from there (learning on one's own path: DAgger,
// arXiv 1011.0686). A teacher that learned few steps itself is imitated where the student is, by a
// student that runs fewer layers. Noised pictures instead are not where guidance leads, and leave
// the student alone with its own errors. Rejected: a step size as a further input (shortcut models,
// arXiv 2410.12557). It would serve every K, but spends most of its training on steps that nobody
// takes, and 2^-k sized steps learned from each other add up their errors.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "model/flow_solver.h"
#include "train/collate.h"
#include "train/teacher.h"

namespace tutti {

struct FewStepOptions {
  std::string teacher;  // a model file; empty: off
  int steps = 4;        // the student's evaluations a picture or a piece of speech
  int substeps = 3;     // the teacher's within each but the last
  double paint_guidance = 4, speak_guidance = 1.5;
};

// What is generated in a step, with its text and with the text dropped; the same noisy rows in
// both.
struct GuidedBatches {
  TrainBatch with, without;
};
// From noise alone. `rng` as for the student's collate(): equal draws, equal noise.
GuidedBatches collate_guided(const ModelConfig& config, const std::vector<Example>& examples,
                             CollateOptions options, const Rng& rng);

// The noisy rows of both batches on their way along the teacher's guided flow. Guidance 1 looks at
// `with` alone.
class GuidedPath {
 public:
  GuidedPath(Teacher& teacher, GuidedBatches& batches, double paint_guidance, double speak_guidance)
      : teacher_(teacher), batches_(batches), guidance_{paint_guidance, speak_guidance} {}

  // From noise level t, where they are, to `to`; to 1 it is the prediction itself.
  void step(float t, float to);

 private:
  Teacher& teacher_;
  GuidedBatches& batches_;
  std::array<double, 2> guidance_;
  std::array<FlowSolver, 2> solvers_;  // paint, speak
};

// One generation of the student: for each of its steps, targets, then the step itself.
class FewStepPath {
 public:
  // All batches hold the same noise.
  FewStepPath(Teacher& teacher, const FewStepOptions& options, GuidedBatches& batches,
              TrainBatch& student)
      : teacher_(teacher), options_(options), batches_(batches), student_(student) {}

  bool done() const { return step_ == options_.steps; }
  int step() const { return step_; }

  // The student is to predict the clean values whose step lands where the teacher's substeps land,
  // or what a teacher of few steps predicts.
  void set_targets();
  // Moves all noisy rows to where the student's own predictions (clean values, undefined where
  // there are none) lead.
  void follow(const torch::Tensor& paint, const torch::Tensor& speak);

 private:
  float t() const { return flow_time(step_, options_.steps); }
  float to() const { return flow_time(step_ + 1, options_.steps); }

  Teacher& teacher_;
  const FewStepOptions& options_;
  GuidedBatches& batches_;
  TrainBatch& student_;
  std::array<FlowSolver, 2> solvers_;  // paint, speak
  int step_ = 0;
};

}  // namespace tutti
