// What a request holds of a model for as long as it lives: whoever has a handle goes on with the
// model that it began with, also after another took its name, and the last one frees it.
//
// An adapter, where a request has one, stands beside the model: it is of the model's file and
// changes how the trunk's weights are applied, not which model it is. Requests with different
// adapters share passes and caches. What never runs the trunk knows none: mattes, transcripts of
// the CTC head and the vocoder are the same with any.
#pragma once

#include <memory>

namespace tutti {

struct LoadedModel;

struct ModelHandle {
  std::shared_ptr<const LoadedModel> model;
  int adapter = -1;  // of LoadedModel::adapters; -1: none

  const LoadedModel& operator*() const { return *model; }
  const LoadedModel* operator->() const { return model.get(); }
};

}  // namespace tutti
