// A model in memory, read from its file: what it computes with, and what of a text fits it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/model_adapters.h"
#include "engine/speech/text_prior.h"
#include "format/text/tokenizer.h"
#include "model/model.h"
#include "runtime/ops/cpu_ops.h"

namespace tutti {

// Never changed after loading. Held through a ModelHandle.
struct LoadedModel {
  ModelSpec config;
  Tokenizer tokenizer;
  WeightStorage weights;
  Model<CpuOps> model;
  bool routing = true;  // as CpuOps::routing
  ModelAdapters adapters = {};
  std::shared_ptr<const TextPrior> prior;  // of what is heard; null: the file has none

  // The model's, with the adapters that sequences of the batch name (SequenceStart::adapter).
  ModelOutput<CpuTensor> forward(CpuOps& ops, const Batch& batch,
                                 std::span<KvCache* const> caches = {}) const {
    return model.forward(ops, batch, caches, adapters.of(batch));
  }

  // What keys and values are kept in during a pass, and in the caches.
  Precision kept() const { return keeps().kept(); }
  Precision cached() const { return keeps().cached(); }

 private:
  KeptBeside keeps() const;
};

// Reads and checks a model file, adapters included; the handle has the one that the options name.
// Errors name the file's part that is wrong.
Result<ModelHandle> load_model(const std::string& path, const EngineOptions& options);
// Of an open file, which its errors do not name.
Result<ModelHandle> load_model(const ModelPackage& package, const EngineOptions& options);

// ErrorCode::unsupported: the model cannot do it. `does` follows "does not".
Status lacks(const LoadedModel& loaded, const std::string& does);
// The same unless the model has such a modality or head.
Status require(const LoadedModel& loaded, Stem stem, const char* does);
Status require(const LoadedModel& loaded, HeadSpec::Kind head, const char* does);

// too_long unless the sequence fits the model's context.
Status check_context(const ModelSpec& config, int64_t tokens, const std::string& what);
// Tokens of a text that must fit the context; too_long, by its bytes alone where these are too many
// for that, before any work goes into it. `what` names it in messages.
Status check_length(const LoadedModel& loaded, size_t bytes, const std::string& what);
Result<std::vector<int32_t>> encode_within_context(const LoadedModel& loaded,
                                                   const std::string& text,
                                                   const std::string& what);

}  // namespace tutti
