// One forward pass of a packed batch and all of its losses.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "model/model.h"
#include "train/collate.h"
#include "train/backend/torch_ops.h"

namespace tutti {

struct LossWeights {
  double text = 0.2, paint = 1, speak = 1, contrast = 0.1, ctc = 0.3, matte = 0.25, duration = 0.1,
         vocoder = 0.1, route = 0.02, locate = 0.1, answers = 0.05;
  // Share of the routed layers that a row of each group should run, on average.
  std::array<double, kGroups> route_target = {0.5, 0.7, 0.6, 0.4, 0.5};
};

// What a teacher says of the same batch; undefined where the batch has none of it.
struct TeacherTargets {
  torch::Tensor text_logits;   // capped, a row for each of predict_rows
  torch::Tensor paint, speak;  // clean values at the batch's noise
  torch::Tensor relations;     // cosines of all pooled segments
};

// How much each counts, as a multiple of the weight of the loss that it stands beside.
struct DistillWeights {
  double logits = 1, flow = 1, relations = 1;
};

struct LossTerm {
  std::string name;     // "text", "paint", ...
  torch::Tensor value;  // scalar, unweighted
  double weight;        // 0: reported only
};

struct StepLosses {
  torch::Tensor total;
  std::vector<LossTerm> terms;  // those that this batch has
  torch::Tensor paint, speak;   // the clean values predicted, detached; undefined without such rows
};

// Each loss is the mean over its own modality's targets first, then weighted.
StepLosses compute_losses(TorchOps& ops, const Model<TorchOps>& model, const TrainBatch& batch,
                          const LossWeights& weights, const TeacherTargets& teacher = {},
                          const DistillWeights& distill = {});

}  // namespace tutti
