// A trained model that another one learns from: frozen, with sizes of its own.
#pragma once

#include <memory>

#include "model/model.h"
#include "train/backend/torch_ops.h"
#include "train/weights.h"

namespace tutti {

struct Teacher {
  static Result<std::unique_ptr<Teacher>> open(const std::string& path, torch::Device device,
                                               torch::ScalarType compute);

  Teacher(const ModelConfig& config, torch::Device device, torch::ScalarType compute)
      : config(config),
        ops(device, compute),
        weights(/*seed=*/0, device),
        model(Scope<Weights>(weights, ""), config) {}

  ModelConfig config;
  TorchOps ops;
  Weights weights;
  Model<TorchOps> model;
};

// Rows `kind` of a forward pass through a head, in FP32; undefined where the batch has none.
torch::Tensor head_values(TorchOps& ops, const Batch& batch, const torch::Tensor& x_ND, Kind kind,
                          const torch::Tensor& head);

}  // namespace tutti
