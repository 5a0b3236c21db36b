#include "train/few_step.h"

#include <algorithm>
#include <cassert>

namespace tutti {
namespace {

struct Predicted {
  torch::Tensor paint, speak;
};

Predicted predict(Teacher& teacher, const Batch& batch) {
  const auto out = teacher.model.forward(teacher.ops, batch);
  const auto& heads = teacher.model.heads;
  return {head_values(teacher.ops, batch, out.trunk.x_ND, Kind::paint, heads.paint),
          head_values(teacher.ops, batch, out.trunk.x_ND, Kind::speak, heads.speak)};
}

torch::Tensor guided(const torch::Tensor& with, const torch::Tensor& without, double scale) {
  if (!with.defined() || !without.defined()) return with;
  return without + scale * (with - without);
}

// Noise level of each row of `kind`.
std::vector<float> row_levels(const Batch& batch, Kind kind) {
  const int first = batch.kind_begin[int(Kind::paint)];
  std::vector<float> levels;
  for (int r = batch.kind_begin[int(kind)]; r < batch.kind_begin[int(kind) + 1]; ++r)
    levels.push_back(batch.noise_levels[batch.noise_index[r - first]]);
  return levels;
}

// One Euler step of size h: z += h (x - z) / (1 - t), with 1 - t no smaller than in the loss.
void step(std::vector<float>& z, const torch::Tensor& predicted, const std::vector<float>& levels,
          float h) {
  if (z.empty()) return;
  const torch::Tensor x = predicted.to(torch::kCPU).contiguous();
  const float* values = x.data_ptr<float>();
  const size_t width = z.size() / levels.size();
  for (size_t i = 0; i < z.size(); ++i)
    z[i] += std::min(1.0f, h / std::max(1 - levels[i / width], 0.05f)) * (values[i] - z[i]);
}

// The clean values whose straight line from z at t reaches z_end at t + span.
void retarget(std::vector<float>& clean, const std::vector<float>& z,
              const std::vector<float>& z_end, const std::vector<float>& levels, float span) {
  assert(clean.size() == z.size());
  if (clean.empty()) return;
  const size_t width = clean.size() / levels.size();
  for (size_t i = 0; i < clean.size(); ++i)
    clean[i] = z[i] + (1 - levels[i / width]) / span * (z_end[i] - z[i]);
}

}  // namespace

GuidedBatches collate_guided(const ModelConfig& config, const std::vector<Example>& examples,
                             CollateOptions options, const Rng& rng) {
  std::vector<Example> generated;
  for (const Example& example : examples)
    if (!example.segments.empty() && (example.segments.back().kind == Segment::Kind::paint ||
                                      example.segments.back().kind == Segment::Kind::speak))
      generated.push_back(example);
  // Nothing else draws random numbers, so what is left draws the same ones.
  Rng with_rng = rng, without_rng = rng;
  GuidedBatches batches;
  options.drop_text = 0;
  batches.with = collate(config, generated, options, with_rng);
  options.drop_text = 1;
  batches.without = collate(config, generated, options, without_rng);
  return batches;
}

void advance(Teacher& teacher, GuidedBatches& batches, double paint_guidance, double speak_guidance,
             float span, int substeps) {
  torch::NoGradGuard no_grad;
  Batch &with = batches.with.batch, &without = batches.without.batch;
  if (with.noise_levels.empty()) return;
  const bool needs_both = paint_guidance != 1 || speak_guidance != 1;
  const float h = span / float(substeps);
  std::vector<float> paint = with.paint_noisy, speak = with.speak_noisy, t = with.noise_levels;
  for (int i = 0; i < substeps; ++i) {
    const Predicted said = predict(teacher, with);
    const Predicted plain = needs_both ? predict(teacher, without) : Predicted{};
    step(paint, guided(said.paint, plain.paint, paint_guidance), row_levels(with, Kind::paint), h);
    step(speak, guided(said.speak, plain.speak, speak_guidance), row_levels(with, Kind::speak), h);
    for (float& level : t) level += h;
    with.set_noise(paint, speak, t);
    without.set_noise(paint, speak, t);
  }
}

void set_few_step_targets(Teacher& teacher, const FewStepOptions& options, GuidedBatches& batches,
                          TrainBatch& student) {
  const float span = 1.0f / float(options.steps);
  advance(teacher, batches, options.paint_guidance, options.speak_guidance, span, options.substeps);
  const Batch &start = student.batch, &end = batches.with.batch;
  retarget(student.paint_clean, start.paint_noisy, end.paint_noisy, row_levels(start, Kind::paint),
           span);
  retarget(student.speak_clean, start.speak_noisy, end.speak_noisy, row_levels(start, Kind::speak),
           span);
}

}  // namespace tutti
