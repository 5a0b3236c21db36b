#include "train/few_step.h"

#include <algorithm>
#include <cassert>
#include <tuple>

#include "model/flow_time.h"

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

// Of each noisy row of `kind`: `values`, which are one a noise level.
std::vector<float> per_row(const Batch& batch, Kind kind, const std::vector<float>& values) {
  const int first = batch.kind_begin[int(Kind::paint)];
  std::vector<float> rows;
  for (int r = batch.kind_begin[int(kind)]; r < batch.kind_begin[int(kind) + 1]; ++r)
    rows.push_back(values[batch.noise_index[r - first]]);
  return rows;
}

// The level that follows on the grid of `steps`.
float next_level(float t, int steps) {
  int at = 0;
  while (at < steps && flow_time(at, steps) < t + 1e-4f) ++at;
  return flow_time(at, steps);
}

// What the teacher says of the rows of a kind, in FP32 on the CPU.
struct Guided {
  torch::Tensor with, without;  // the latter undefined without guidance
  double scale;

  Guided(const torch::Tensor& with_text, const torch::Tensor& without_text, double scale)
      : scale(scale) {
    if (with_text.defined()) with = with_text.to(torch::kCPU).contiguous();
    if (without_text.defined()) without = without_text.to(torch::kCPU).contiguous();
  }

  float at(size_t i, bool guide) const {
    const float x = with.data_ptr<float>()[i];
    if (!guide || !without.defined()) return x;
    const float plain = without.data_ptr<float>()[i];
    return plain + float(scale) * (x - plain);
  }
};

// One Euler step of each row, from level t to `to`: z += (to - t) / (1 - t) (x - z).
void step(std::vector<float>& z, const Guided& predicted, const std::vector<float>& t,
          const std::vector<float>& to) {
  if (z.empty()) return;
  const size_t width = z.size() / t.size();
  for (size_t i = 0; i < z.size(); ++i) {
    const size_t row = i / width;
    if (t[row] == 1) continue;
    const bool guide = is_guided(t[row], to[row]);
    z[i] += (to[row] - t[row]) / (1 - t[row]) * (predicted.at(i, guide) - z[i]);
  }
}

// The clean values whose straight line from z at t reaches z_end at `to`.
void retarget(std::vector<float>& clean, const std::vector<float>& z,
              const std::vector<float>& z_end, const std::vector<float>& t,
              const std::vector<float>& to) {
  assert(clean.size() == z.size());
  if (clean.empty()) return;
  const size_t width = clean.size() / t.size();
  for (size_t i = 0; i < clean.size(); ++i) {
    const size_t row = i / width;
    clean[i] = z[i] + (1 - t[row]) / (to[row] - t[row]) * (z_end[i] - z[i]);
  }
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
             int steps, int substeps) {
  torch::NoGradGuard no_grad;
  Batch &with = batches.with.batch, &without = batches.without.batch;
  if (with.noise_levels.empty()) return;
  const bool needs_both = paint_guidance != 1 || speak_guidance != 1;
  std::vector<float> paint = with.paint_noisy, speak = with.speak_noisy;
  const std::vector<float> start = with.noise_levels;
  std::vector<float> t = start;
  for (int i = 1; i <= substeps; ++i) {
    const Predicted said = predict(teacher, with);
    const Predicted plain = needs_both ? predict(teacher, without) : Predicted{};
    std::vector<float> to = t;
    for (size_t k = 0; k < t.size(); ++k) {
      const float end = next_level(start[k], steps);
      to[k] = end == 1 ? 1 : start[k] + (end - start[k]) * float(i) / float(substeps);
    }
    step(paint, {said.paint, plain.paint, paint_guidance}, per_row(with, Kind::paint, t),
         per_row(with, Kind::paint, to));
    step(speak, {said.speak, plain.speak, speak_guidance}, per_row(with, Kind::speak, t),
         per_row(with, Kind::speak, to));
    t = to;
    with.set_noise(paint, speak, t);
    without.set_noise(paint, speak, t);
  }
}

void set_few_step_targets(Teacher& teacher, const FewStepOptions& options, GuidedBatches& batches,
                          TrainBatch& student) {
  advance(teacher, batches, options.paint_guidance, options.speak_guidance, options.steps,
          options.substeps);
  const Batch &start = student.batch, &end = batches.with.batch;
  std::vector<float> to;
  for (float t : start.noise_levels) to.push_back(next_level(t, options.steps));
  for (auto [kind, clean, z, z_end] :
       {std::tuple{Kind::paint, &student.paint_clean, &start.paint_noisy, &end.paint_noisy},
        std::tuple{Kind::speak, &student.speak_clean, &start.speak_noisy, &end.speak_noisy}})
    retarget(*clean, *z, *z_end, per_row(start, kind, start.noise_levels),
             per_row(start, kind, to));
}

}  // namespace tutti
