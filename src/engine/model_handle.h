// What a request holds of a model for as long as it lives: whoever has a handle goes on with the
// model that it began with, also after another took its name, and the last one frees it.
//
// Adapters, where a request has some, stand beside the model: they belong to it and change how its
// weights are applied, not which model it is.
#pragma once

#include <memory>

namespace tutti {

struct LoadedModel;

struct ModelHandle {
  std::shared_ptr<const LoadedModel> model;

  const LoadedModel& operator*() const { return *model; }
  const LoadedModel* operator->() const { return model.get(); }
};

}  // namespace tutti
