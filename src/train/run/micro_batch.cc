#include "train/run/micro_batch.h"

#include <algorithm>
#include <optional>

namespace tutti {
namespace {

using torch::Tensor;

// One step on its way: what each objective knows of all micro-batches.
class Step {
 public:
  Step(TorchOps& ops, const Model<TorchOps>& model, const ObjectiveList& objectives,
       const std::vector<MicroBatch>& batches)
      : ops_(ops), model_(model), objectives_(objectives), batches_(batches) {
    for (size_t o = 0; o < objectives.size(); ++o) {
      Whole& whole = whole_.emplace_back();
      whole.statistics.resize(batches.size());
      for (const MicroBatch& batch : batches) {
        const Targets* targets = batch.targets[o].get();
        whole.targets.push_back(targets);
        if (!targets) continue;
        for (const auto& [name, count] : targets->counts) counts_[name] += count;
      }
    }
  }

  // What losses of the whole step need of every micro-batch before the first of them is learned
  // from; a single one is the whole step.
  void gather_statistics() {
    if (batches_.size() < 2) return;
    torch::NoGradGuard no_grad;
    const double flops = ops_.forward_flops();
    for (size_t b = 0; b < batches_.size(); ++b) {
      std::optional<Pass> pass;
      for (size_t o = 0; o < objectives_.size(); ++o) {
        const Targets* targets = batches_[b].targets[o].get();
        if (!targets || !objectives_[o]->needs_whole()) continue;
        if (!pass) pass.emplace(ops_, model_, batches_[b].batch);
        whole_[o].statistics[b] = objectives_[o]->statistics(*pass, *targets);
      }
    }
    ops_.set_flops(flops);  // a second forward pass is no progress
  }

  // The weighted losses of micro-batch b; undefined where nothing weighs anything.
  Tensor total_of(Pass& pass, size_t b) {
    Tensor total;
    for (size_t o = 0; o < objectives_.size(); ++o) {
      const Targets* targets = batches_[b].targets[o].get();
      if (!targets) continue;
      whole_[o].mine = b;
      LossTerms terms;
      objectives_[o]->losses(pass, *targets, whole_[o], terms);
      for (const LossTerm& term : terms.list()) {
        const double part = part_of(term, *targets);
        values_.push_back({term, part});
        values_.back().first.value = term.value.detach();
        if (term.weight == 0) continue;
        const Tensor weighted = term.value * (term.weight * part);
        total = total.defined() ? total + weighted : weighted;
      }
    }
    return total;
  }

  // Reads the values of a micro-batch, which waits for the device.
  void read_values() {
    for (const auto& [term, part] : values_) {
      Value& value = read_[term.name];
      value.weight = term.weight;
      value.sum += part * term.value.item<double>();
      value.times_whole += term.counted_as.empty();
    }
    values_.clear();
  }

  // After the last micro-batch of a pass: adds what was read, as `share` of the step's. A loss of
  // the whole step was said by each that has targets of it.
  void add_values(double share, StepLosses& losses) {
    for (const auto& [name, value] : read_) {
      const double mean = share * value.sum / std::max(1, value.times_whole);
      losses.values[name] += mean;
      if (value.weight != 0) losses.values["total"] += value.weight * mean;
    }
    read_.clear();
  }

 private:
  // A micro-batch's part of a loss of the step. What counts nothing anywhere costs nothing.
  double part_of(const LossTerm& term, const Targets& targets) const {
    if (term.counted_as.empty()) return 1;
    const double all = counts_.at(term.counted_as);
    return all > 0 ? targets.counts.at(term.counted_as) / all : 1;
  }

  TorchOps& ops_;
  const Model<TorchOps>& model_;
  const ObjectiveList& objectives_;
  const std::vector<MicroBatch>& batches_;
  std::vector<Whole> whole_;                         // of each objective
  std::map<std::string, double> counts_;             // of the whole step
  std::vector<std::pair<LossTerm, double>> values_;  // of a micro-batch, with their parts
  struct Value {
    double weight = 0, sum = 0;
    int times_whole = 0;
  };
  std::map<std::string, Value> read_;  // of a pass
};

// Calls body(objective, its targets) for those that have some.
template <class Body>
void for_targets(const ObjectiveList& objectives, MicroBatch& batch, Body body) {
  torch::NoGradGuard no_grad;
  for (size_t o = 0; o < objectives.size(); ++o)
    if (batch.targets[o]) body(*objectives[o], *batch.targets[o]);
}

}  // namespace

std::vector<MicroBatch> make_micro_batches(const ModelSpec& config, const ObjectiveList& objectives,
                                           const std::vector<DrawnExample>& examples, int count) {
  std::vector<MicroBatch> batches;
  for (auto& hand : deal(examples, count)) {
    if (hand.empty()) continue;
    const Collated collated = collate(config, std::move(hand));
    MicroBatch& batch = batches.emplace_back();
    batch.batch = collated.batch;
    for (const auto& objective : objectives) batch.targets.push_back(objective->targets(collated));
  }
  return batches;
}

StepLosses learn(TorchOps& ops, const Model<TorchOps>& model, const ObjectiveList& objectives,
                 std::vector<MicroBatch>& batches) {
  int passes = 1;
  for (const auto& objective : objectives) passes = std::max(passes, objective->passes());
  const double share = 1.0 / passes;
  StepLosses losses;
  Step step(ops, model, objectives, batches);
  for (int pass = 0; pass < passes; ++pass) {
    for (MicroBatch& batch : batches)
      for_targets(objectives, batch, [&](Objective& objective, Targets& targets) {
        objective.before(pass, batch.batch, targets);
      });
    step.gather_statistics();
    for (size_t b = 0; b < batches.size(); ++b) {
      Pass forward(ops, model, batches[b].batch);
      const Tensor total = step.total_of(forward, b);
      if (total.defined() && total.requires_grad()) {
        (share == 1 ? total : total * share).backward();
        losses.active = true;
      }
      step.read_values();
      for_targets(objectives, batches[b], [&](Objective& objective, Targets& targets) {
        objective.after(forward, *batches[b].batch, targets);
      });
    }
    step.add_values(share, losses);
  }
  ops.hold(nullptr);
  return losses;
}

StepLosses evaluate(TorchOps& ops, const Model<TorchOps>& model, const ObjectiveList& objectives,
                    const std::vector<MicroBatch>& batches) {
  torch::NoGradGuard no_grad;
  StepLosses losses;
  Step step(ops, model, objectives, batches);
  step.gather_statistics();
  for (size_t b = 0; b < batches.size(); ++b) {
    Pass forward(ops, model, batches[b].batch);
    step.total_of(forward, b);
    step.read_values();
  }
  step.add_values(1, losses);
  ops.hold(nullptr);
  return losses;
}

}  // namespace tutti
