// One thing that a model learns: what an example's targets are, and what missing them costs.
//
// A step learns from one or several micro-batches, and from each in one or several passes. A loss
// is the mean over its own targets first, over those of the whole step, and then weighted. An
// objective therefore says how many things each of its losses is a mean of (Targets::counts), so
// that micro-batches can be weighed before any of them runs. A loss that is no mean of its targets,
// because it compares all of them (contrast) or bends their mean (route), asks for statistics of
// all micro-batches first, which costs a second forward pass (GradCache, arXiv 2101.06983); then
// the gradients of k micro-batches add up to those of one batch all the same.
//
// A new objective: one header and source here, and its rows in objectives.h and objectives.cc.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/model.h"
#include "train/backend/parameter_store.h"
#include "train/backend/torch_ops.h"
#include "train/objectives/collate.h"

namespace tutti {

// What an objective compares the model with in one micro-batch.
struct Targets {
  virtual ~Targets() = default;
  // By name of the loss: how many things it is a mean of. A loss that needs the whole step has
  // none.
  std::map<std::string, double> counts;
};

// A forward pass of one micro-batch. What several objectives look at is computed once.
class Pass {
 public:
  // `ops` holds the batch from now on.
  Pass(TorchOps& ops, const Model<TorchOps>& model, const std::shared_ptr<const Batch>& batch);

  TorchOps& ops;
  const Model<TorchOps>& model;
  const Batch& batch;
  ModelOutput<torch::Tensor> out;  // empty where the batch has no rows

  // What `make` returned when it was first asked for under this name and of these targets; null: of
  // the batch alone.
  const torch::Tensor& once(const std::string& name, const Targets* of,
                            const std::function<torch::Tensor()>& make);

  // Host values on the device.
  torch::Tensor floats(const std::vector<float>& values) const;
  torch::Tensor longs(const std::vector<int32_t>& values) const;

 private:
  std::map<std::pair<std::string, const Targets*>, torch::Tensor> known_;
};

// The clean values of the modality's rows as a forward pass predicts them, in FP32; undefined where
// the batch has no such row.
torch::Tensor head_values(TorchOps& ops, const Model<TorchOps>& model, const Batch& batch,
                          const torch::Tensor& x_ND, int modality);

// What one objective knows of all micro-batches of a step, in their order.
struct Whole {
  std::vector<const Targets*> targets;                 // null: it has none there
  std::vector<std::vector<torch::Tensor>> statistics;  // detached; empty for a single micro-batch
  size_t mine = 0;

  bool single() const { return targets.size() == 1; }
  // Whether mine is the first that has targets: what all share is learned there, once.
  bool first() const;
};

struct LossTerm {
  std::string name;     // "text", "paint", ...
  torch::Tensor value;  // scalar, unweighted
  double weight;        // 0: reported only
  // Which of Targets::counts it is the mean of; empty: of the whole step, of which this
  // micro-batch's share alone has gradients.
  std::string counted_as;
};

// The losses of a pass, in the order of the objectives.
class LossTerms {
 public:
  // A mean over this micro-batch's targets, as many as counts[name] says.
  void add(const std::string& name, const torch::Tensor& value, double weight) {
    add(name, value, weight, name);
  }
  void add(const std::string& name, const torch::Tensor& value, double weight,
           const std::string& counted_as) {
    terms_.push_back({name, value, weight, counted_as});
  }
  void add_whole(const std::string& name, const torch::Tensor& value, double weight) {
    terms_.push_back({name, value, weight, {}});
  }
  const std::vector<LossTerm>& list() const { return terms_; }

 private:
  std::vector<LossTerm> terms_;
};

// Thread-safety: targets() may run beside everything else; the rest is one thread's.
class Objective {
 public:
  virtual ~Objective() = default;

  // Reads the files that it needs. `config` is of the model that is trained.
  virtual Status open(const ModelSpec& config, torch::Device device, torch::ScalarType compute);
  // Sets what a fresh model begins with, where that is not chance.
  virtual Status begin_weights(ParameterStore& weights, const ModelSpec& config);

  // Null: nothing in these examples, or no head that could say it. What several objectives compare
  // with is the same object (Collated::once), and nobody's to change.
  virtual std::shared_ptr<Targets> targets(const Collated& collated) const = 0;

  // Passes of a step over each micro-batch; the step's gradients are the mean over them.
  virtual int passes() const { return 1; }
  // Around each pass, without gradients: may move the noisy rows and the targets.
  virtual void before(int pass, const std::shared_ptr<Batch>& batch, Targets& targets);
  virtual void after(Pass& pass, Batch& batch, Targets& targets);

  // What the losses of the other micro-batches depend on in this one.
  virtual bool needs_whole() const { return false; }
  virtual std::vector<torch::Tensor> statistics(Pass& pass, const Targets& targets) const;

  virtual void losses(Pass& pass, const Targets& targets, const Whole& whole,
                      LossTerms& terms) const = 0;
};

}  // namespace tutti
