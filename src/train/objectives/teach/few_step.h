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

#include <string>
#include <vector>

#include "model/flow_solver.h"
#include "train/objectives/flow.h"
#include "train/objectives/teach/teacher.h"

namespace tutti {

struct FewStepOptions {
  std::string teacher;  // a model file; empty: off
  int steps = 4;        // the student's evaluations a picture or a piece of speech
  int substeps = 3;     // the teacher's within each but the last
  double paint_guidance = 4, speak_guidance = 1.5;

  Status read(RecipeTable table);
  Flows<double> guidance() const { return {paint_guidance, speak_guidance}; }
};

// What is generated in a step, with its text and with the text dropped; the same noisy rows in
// both.
struct GuidedBatches {
  std::shared_ptr<Batch> with, without;
};
GuidedBatches collate_guided(const ModelSpec& config,
                             const std::vector<const DrawnExample*>& examples);

// The noisy rows of both batches on their way along the teacher's guided flow. Guidance 1 looks at
// `with` alone.
class GuidedPath {
 public:
  GuidedPath(Teacher& teacher, GuidedBatches& batches, const Flows<double>& guidance)
      : teacher_(teacher), batches_(batches), guidance_(guidance) {}

  // From noise level t, where they are, to `to`; to 1 it is the prediction itself.
  void step(float t, float to);

 private:
  Teacher& teacher_;
  GuidedBatches& batches_;
  Flows<double> guidance_;
  Flows<FlowSolver> solvers_;
};

struct FewStepTargets : FlowTargets {
  GuidedBatches guided;
  Flows<FlowSolver> solvers;  // the student's
  int pass = -1;              // -1: not on its way, so the targets are the data's
};

// Flow matching whose targets a teacher moves: one generation of the student a step, a pass for
// each of its evaluations.
class FewStepObjective : public FlowObjective {
 public:
  FewStepObjective(const FewStepOptions& options, const FlowOptions& flow)
      : FlowObjective(flow), options_(options) {}

  Status open(const ModelSpec& config, torch::Device device, torch::ScalarType compute) override;
  Status begin_weights(ParameterStore& weights, const ModelSpec& config) override;
  std::shared_ptr<Targets> targets(const Collated& collated) const override;
  int passes() const override { return options_.steps; }
  // The student is to predict the clean values whose step lands where the teacher's substeps land,
  // or what a teacher of few steps predicts.
  void before(int pass, const std::shared_ptr<Batch>& batch, Targets& targets) override;
  // Moves all noisy rows to where the student's own predictions lead.
  void after(Pass& pass, Batch& batch, Targets& targets) override;
  // The losses of each pass apart, too: "paint.1" and so on.
  void losses(Pass& pass, const Targets& targets, const Whole& whole,
              LossTerms& terms) const override;

 private:
  FewStepOptions options_;
  ModelSpec student_;  // whose batches the passes are of
  std::unique_ptr<Teacher> teacher_;
};

}  // namespace tutti
