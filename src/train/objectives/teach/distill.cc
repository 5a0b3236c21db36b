#include "train/objectives/teach/distill.h"

#include "train/objectives/teach/inherit.h"

namespace tutti {
namespace {

using torch::Tensor;

// Of the whole step, by the contrast's targets that each micro-batch's distillation has.
Whole contrast_of(const Whole& whole) {
  Whole out;
  out.mine = whole.mine;
  out.statistics = whole.statistics;
  for (const Targets* one : whole.targets)
    out.targets.push_back(one ? static_cast<const DistillTargets&>(*one).contrast.get() : nullptr);
  return out;
}

std::string taught(const FlowKind& kind) {
  return std::string(kind.name) + "_teacher";
}

}  // namespace

Status DistillOptions::read(RecipeTable table) {
  return table.read("teacher", teacher)
      .read("inherit", inherit)
      .read("logits", logits, kWeight)
      .read("flow", flow, kWeight)
      .read("relations", relations, kWeight)
      .finish();
}

Status DistillObjective::open(const ModelSpec& config, torch::Device device,
                              torch::ScalarType compute) {
  TUTTI_ASSIGN(teacher_, Teacher::open_for(config, options_.teacher, device, compute));
  return {};
}

Status DistillObjective::begin_weights(ParameterStore& weights, const ModelSpec& config) {
  if (!options_.inherit) return {};
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(options_.teacher));
  return inherit_weights(weights, config, package);
}

std::shared_ptr<Targets> DistillObjective::targets(const Collated& collated) const {
  auto out = std::make_unique<DistillTargets>();
  out->text = text_targets(collated);
  out->contrast = contrast_targets(collated);
  out->flow = flow_targets(collated);
  if (!out->text && !out->contrast && !out->flow) return nullptr;
  if (out->text) out->counts["text_teacher"] = out->text->counts.at("text");
  if (out->flow)
    for (const FlowKind& kind : kFlows) out->counts[taught(kind)] = out->flow->counts.at(kind.name);
  return out;
}

void DistillObjective::before(int, const std::shared_ptr<Batch>& batch, Targets& targets) {
  auto& mine = static_cast<DistillTargets&>(targets);
  Pass pass(teacher_->ops, teacher_->model, batch);
  if (mine.text)
    mine.text_logits = teacher_->model.heads.capped(teacher_->ops, text_logits(pass, *mine.text))
                           .to(torch::kFloat);
  mine.clean = flow_predictions(pass);
  if (mine.contrast) mine.embeddings = embeddings(pass, *mine.contrast);
}

std::vector<Tensor> DistillObjective::statistics(Pass& pass, const Targets& targets) const {
  const auto& mine = static_cast<const DistillTargets&>(targets);
  if (!mine.contrast || !mine.embeddings.defined()) return {};
  return {embeddings(pass, *mine.contrast).detach(), mine.embeddings};
}

void DistillObjective::losses(Pass& pass, const Targets& targets, const Whole& whole,
                              LossTerms& terms) const {
  const auto& mine = static_cast<const DistillTargets&>(targets);
  // Mean Kullback-Leibler divergence of the student from the teacher, in nats.
  if (mine.text_logits.defined()) {
    const Tensor logits =
        pass.model.heads.capped(pass.ops, text_logits(pass, *mine.text)).to(torch::kFloat);
    const Tensor said = torch::log_softmax(logits, -1);
    const Tensor wanted = torch::log_softmax(mine.text_logits, -1);
    terms.add("text_teacher", (wanted.exp() * (wanted - said)).sum(-1).mean(),
              text_.weight * options_.logits);
  }
  const Flows<Tensor> predicted = flow_predictions(pass);
  for (size_t i = 0; i < kFlows.size(); ++i)
    if (mine.clean[i].defined())
      terms.add(taught(kFlows[i]),
                flow_distance(pass, predicted[i], mine.clean[i], mine.flow->flows[i].weight),
                flow_.weights()[i] * options_.flow);
  if (mine.embeddings.defined() && (needs_whole() || whole.single()))
    relations(pass, mine, contrast_of(whole), terms);
}

void DistillObjective::relations(Pass& pass, const DistillTargets& mine, const Whole& whole,
                                 LossTerms& terms) const {
  size_t pairs = 0;
  for (const Targets* one : whole.targets)
    if (one) pairs += static_cast<const ContrastTargets&>(*one).left.size();
  if (pairs < 2) return;
  const Tensor e = whole_rows(whole, 0, embeddings(pass, *mine.contrast));
  const Tensor wanted = whole_rows(whole, 1, mine.embeddings);
  terms.add_whole("relations", torch::mse_loss(torch::mm(e, e.t()), torch::mm(wanted, wanted.t())),
                  options_.relations);
}

}  // namespace tutti
