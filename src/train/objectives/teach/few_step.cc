#include "train/objectives/teach/few_step.h"

#include <algorithm>
#include <cassert>

namespace tutti {
namespace {

using torch::Tensor;

// What the teacher predicts.
Flows<Tensor> predict(Teacher& teacher, const std::shared_ptr<const Batch>& batch) {
  Pass pass(teacher.ops, teacher.model, batch);
  return flow_predictions(pass);
}

std::span<const float> values_of(const Tensor& x) {
  return {x.data_ptr<float>(), size_t(x.numel())};
}

using Values = Flows<std::vector<float>>;

// Moves z to where the predictions `x` lead.
void follow_flows(Flows<FlowSolver>& solvers, Values& z, const Flows<Tensor>& x, float t,
                  float to) {
  for (size_t i = 0; i < kFlows.size(); ++i) {
    if (z[i].empty()) continue;
    const Tensor here = x[i].to(torch::kCPU, torch::kFloat).contiguous();
    assert(size_t(here.numel()) == z[i].size());
    solvers[i].step(z[i], values_of(here), t, to);
  }
}

// The noisy values; none where the model does not generate such.
Values noisy_of(const ModelSpec& spec, const Batch& batch) {
  Values noisy;
  for (size_t i = 0; i < kFlows.size(); ++i)
    if (const int modality = spec.find(kFlows[i].stem); modality >= 0)
      noisy[i] = batch.values[size_t(modality)];
  return noisy;
}

void set_noise(const ModelSpec& spec, Batch& batch, const Values& noisy, float t) {
  for (size_t i = 0; i < kFlows.size(); ++i)
    if (const int modality = spec.find(kFlows[i].stem); modality >= 0)
      batch.values[size_t(modality)] = noisy[i];
  batch.set_levels(std::vector<float>(batch.noise_levels.size(), t));
}

// The modality whose guidance says whether a model learned few steps.
const ModalitySpec& generated(const ModelSpec& spec) {
  return spec.modalities[size_t(spec.first_noisy())];
}

bool generates(const Example& example) {
  return !example.segments.empty() && example.segments.back().noisy();
}

}  // namespace

Status FewStepOptions::read(RecipeTable table) {
  return table.read("teacher", teacher)
      .read("steps", steps, {1, 100})
      .read("substeps", substeps, {1, 100})
      .read("paint_guidance", paint_guidance, kGuidance)
      .read("speak_guidance", speak_guidance, kGuidance)
      .finish();
}

GuidedBatches collate_guided(const ModelSpec& config,
                             const std::vector<const DrawnExample*>& examples) {
  const auto batch = [&](bool drop) {
    std::vector<DrawnExample> chosen;
    for (const DrawnExample* drawn : examples)
      if (generates(drawn->example)) chosen.emplace_back(*drawn).drop = drop;
    std::vector<const DrawnExample*> all;
    for (const DrawnExample& drawn : chosen) all.push_back(&drawn);
    return collate(config, all).batch;
  };
  return {batch(false), batch(true)};
}

void GuidedPath::step(float t, float to) {
  torch::NoGradGuard no_grad;
  Batch &with = *batches_.with, &without = *batches_.without;
  if (with.noise_levels.empty()) return;
  Flows<Tensor> x = predict(teacher_, batches_.with);
  if (is_guided(t, to) && guidance_ != Flows<double>{1, 1}) {
    const Flows<Tensor> plain = predict(teacher_, batches_.without);
    for (size_t i = 0; i < kFlows.size(); ++i)
      if (x[i].defined()) x[i] = plain[i] + guidance_[i] * (x[i] - plain[i]);
  }
  const ModelSpec& spec = teacher_.config;
  Values z = noisy_of(spec, with);
  follow_flows(solvers_, z, x, t, to);
  set_noise(spec, with, z, to);
  set_noise(spec, without, z, to);
}

Status FewStepObjective::open(const ModelSpec& config, torch::Device device,
                              torch::ScalarType compute) {
  TUTTI_ASSIGN(teacher_, Teacher::open_for(config, options_.teacher, device, compute));
  if (size_t(config.first_noisy()) == config.modalities.size())
    return bad_input(
        "objective.few_step.teacher: the model neither paints nor speaks, so it has no steps; "
        "leave "
        "the teacher out, or give [model] such a modality");
  student_ = config;
  const ModalitySpec &its = generated(teacher_->config), &own = generated(config);
  if (its.guidance == 1 && its.until == own.until)
    return bad_input(options_.teacher +
                     ": goes without guidance, so it learned few steps already; the teacher is "
                     "the model that it was made from, or the student is to run fewer layers "
                     "(model.paint_until)");
  return {};
}

Status FewStepObjective::begin_weights(ParameterStore& weights, const ModelSpec&) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(options_.teacher));
  return weights.load(package);
}

std::shared_ptr<Targets> FewStepObjective::targets(const Collated& collated) const {
  auto out = std::make_unique<FewStepTargets>();
  if (!fill_flow_targets(collated, *out)) return nullptr;
  out->guided = collate_guided(collated.config, collated.examples);
  return out;
}

void FewStepObjective::before(int pass, const std::shared_ptr<Batch>& batch, Targets& targets) {
  auto& mine = static_cast<FewStepTargets&>(targets);
  mine.pass = pass;
  const float t = flow_time(pass, options_.steps), to = flow_time(pass + 1, options_.steps);
  const bool same_steps = generated(teacher_->config).guidance == 1;  // it learned few steps itself
  GuidedPath path(*teacher_, mine.guided, same_steps ? Flows<double>{1, 1} : options_.guidance());
  const float end_t = same_steps ? 1 : to;
  const int substeps = end_t == 1 ? 1 : options_.substeps;
  const auto level = [&](int i) {
    return i == substeps ? end_t : t + (end_t - t) * float(i) / float(substeps);
  };
  for (int i = 0; i < substeps; ++i) path.step(level(i), level(i + 1));

  const auto retarget = [&](const FlowSolver& solver, std::vector<float>& clean,
                            const std::vector<float>& z, const std::vector<float>& z_end) {
    assert(clean.size() == z.size() && z.size() == z_end.size());
    for (size_t i = 0; i < clean.size(); ++i)
      clean[i] = solver.prediction_for(i, z[i], z_end[i], t, end_t);
  };
  const Values z = noisy_of(student_, *batch), z_end = noisy_of(student_, *mine.guided.with);
  for (size_t i = 0; i < kFlows.size(); ++i) {
    Flow& flow = mine.flows[i];
    retarget(mine.solvers[i], flow.clean, z[i], z_end[i]);
    std::fill(flow.weight.begin(), flow.weight.end(), flow_weight(t));
  }
}

void FewStepObjective::after(Pass& pass, Batch& batch, Targets& targets) {
  auto& mine = static_cast<FewStepTargets&>(targets);
  const float t = flow_time(mine.pass, options_.steps),
              to = flow_time(mine.pass + 1, options_.steps);
  Values z = noisy_of(student_, batch);
  follow_flows(mine.solvers, z, flow_predictions(pass), t, to);
  for (Batch* one : {&batch, mine.guided.with.get(), mine.guided.without.get()})
    set_noise(student_, *one, z, to);
}

void FewStepObjective::losses(Pass& pass, const Targets& targets, const Whole& whole,
                              LossTerms& terms) const {
  const size_t before = terms.list().size();
  FlowObjective::losses(pass, targets, whole, terms);
  const int number = static_cast<const FewStepTargets&>(targets).pass;
  if (number < 0) return;
  // A step reports the mean over its passes, of which only one has this loss.
  const std::vector<LossTerm> own(terms.list().begin() + std::ptrdiff_t(before),
                                  terms.list().end());
  for (const LossTerm& term : own)
    if (term.name != "duration")
      terms.add(term.name + "." + std::to_string(number + 1),
                term.value.detach() * double(passes()), 0, term.name);
}

}  // namespace tutti
