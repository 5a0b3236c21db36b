#include "train/objectives/teach/few_step.h"

#include <algorithm>
#include <cassert>

namespace tutti {
namespace {

using torch::Tensor;

// What the teacher predicts of paint and speak rows, in FP32; undefined where there are none.
std::array<Tensor, 2> predict(Teacher& teacher, const Batch& batch) {
  const auto out = teacher.model.forward(teacher.ops, batch);
  const auto& heads = teacher.model.heads;
  return {head_values(teacher.ops, batch, out.trunk.x_ND, Kind::paint, heads.paint),
          head_values(teacher.ops, batch, out.trunk.x_ND, Kind::speak, heads.speak)};
}

std::span<const float> values_of(const Tensor& x) {
  return {x.data_ptr<float>(), size_t(x.numel())};
}

// Moves z to where the predictions `x` lead.
void follow_flow(FlowSolver& solver, std::vector<float>& z, const Tensor& x, float t, float to) {
  if (z.empty()) return;
  const Tensor here = x.to(torch::kCPU, torch::kFloat).contiguous();
  assert(size_t(here.numel()) == z.size());
  solver.step(z, values_of(here), t, to);
}

void set_noise(Batch& batch, const std::vector<float>& paint, const std::vector<float>& speak,
               float t) {
  batch.set_noise(paint, speak, std::vector<float>(batch.noise_levels.size(), t));
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
  options.from_noise = true;
  options.drop_text = 0;
  batches.with = collate(config, generated, options, with_rng);
  options.drop_text = 1;
  batches.without = collate(config, generated, options, without_rng);
  return batches;
}

void GuidedPath::step(float t, float to) {
  torch::NoGradGuard no_grad;
  Batch &with = batches_.with.batch, &without = batches_.without.batch;
  if (with.noise_levels.empty()) return;
  std::array<Tensor, 2> x = predict(teacher_, with);
  if (is_guided(t, to) && (guidance_[0] != 1 || guidance_[1] != 1)) {
    const std::array<Tensor, 2> plain = predict(teacher_, without);
    for (size_t i = 0; i < 2; ++i)
      if (x[i].defined()) x[i] = plain[i] + guidance_[i] * (x[i] - plain[i]);
  }
  std::vector<float> paint = with.paint_noisy, speak = with.speak_noisy;
  follow_flow(solvers_[0], paint, x[0], t, to);
  follow_flow(solvers_[1], speak, x[1], t, to);
  set_noise(with, paint, speak, to);
  set_noise(without, paint, speak, to);
}

void FewStepPath::set_targets() {
  const bool same_steps = teacher_.config.paint_guidance == 1;  // it learned few steps itself
  GuidedPath path(teacher_, batches_, same_steps ? 1 : options_.paint_guidance,
                  same_steps ? 1 : options_.speak_guidance);
  const float end_t = same_steps ? 1 : to();
  const int substeps = end_t == 1 ? 1 : options_.substeps;
  const auto level = [&](int i) {
    return i == substeps ? end_t : t() + (end_t - t()) * float(i) / float(substeps);
  };
  for (int i = 0; i < substeps; ++i) path.step(level(i), level(i + 1));

  const auto retarget = [&](const FlowSolver& solver, std::vector<float>& clean,
                            const std::vector<float>& z, const std::vector<float>& z_end) {
    assert(clean.size() == z.size() && z.size() == z_end.size());
    for (size_t i = 0; i < clean.size(); ++i)
      clean[i] = solver.prediction_for(i, z[i], z_end[i], t(), end_t);
  };
  const Batch &start = student_.batch, &end = batches_.with.batch;
  retarget(solvers_[0], student_.paint_clean, start.paint_noisy, end.paint_noisy);
  retarget(solvers_[1], student_.speak_clean, start.speak_noisy, end.speak_noisy);
  std::fill(student_.paint_weight.begin(), student_.paint_weight.end(), flow_weight(t()));
  std::fill(student_.speak_weight.begin(), student_.speak_weight.end(), flow_weight(t()));
}

void FewStepPath::follow(const Tensor& paint, const Tensor& speak) {
  std::vector<float> painted = student_.batch.paint_noisy, spoken = student_.batch.speak_noisy;
  follow_flow(solvers_[0], painted, paint, t(), to());
  follow_flow(solvers_[1], spoken, speak, t(), to());
  ++step_;
  for (TrainBatch* batch : {&student_, &batches_.with, &batches_.without})
    set_noise(batch->batch, painted, spoken, t());
}

}  // namespace tutti
