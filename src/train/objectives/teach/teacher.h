// A trained model that another one learns from: frozen, with sizes of its own.
#pragma once

#include <memory>

#include "model/model.h"
#include "train/backend/parameter_store.h"
#include "train/backend/torch_ops.h"

namespace tutti {

struct Teacher {
  static Result<std::unique_ptr<Teacher>> open(const std::string& path, torch::Device device,
                                               torch::ScalarType compute);

  // Of a student of this shape. The teacher reads the student's batches, so vocabulary, hierarchy,
  // groups and modalities are equal; bad_input names the first of them that differs. Sizes of the
  // network and how it generates are each model's own.
  static Result<std::unique_ptr<Teacher>> open_for(const ModelSpec& student,
                                                   const std::string& path, torch::Device device,
                                                   torch::ScalarType compute);

  Teacher(const ModelSpec& config, torch::Device device, torch::ScalarType compute)
      : config(config),
        ops(device, compute),
        weights(/*seed=*/0, device),
        model(Scope<ParameterStore>(weights, ""), config) {}

  ModelSpec config;
  TorchOps ops;
  ParameterStore weights;
  Model<TorchOps> model;
};

}  // namespace tutti
