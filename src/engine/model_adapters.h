// The low-rank adapters of a model file: what a request may have besides the model's weights.
//
//   TUTTI_ASSIGN(ModelAdapters adapters, ModelAdapters::read(package, model));
//   const int pirate = adapters.find("pirate");             // SequenceStart::adapter of its rows
//   model.forward(ops, batch, caches, adapters.of(batch));
//
// They go with the trunk's products (queries, keys and values, outputs, and the two matrices of
// each feed-forward), in FP32 whatever the weights are in.
#pragma once

#include <deque>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "format/package/model_package.h"
#include "model/model.h"
#include "runtime/ops/cpu_ops.h"

namespace tutti {

// Never changes once it is read. Its pairs refer to its own memory.
class ModelAdapters {
 public:
  using Pairs = Adapter<CpuTensor>;

  ModelAdapters() = default;
  ModelAdapters(ModelAdapters&&) = default;
  ModelAdapters& operator=(ModelAdapters&&) = default;

  // Those of the package that `model` was made of; bad_input names the adapter or tensor that is
  // wrong. Without values there are shapes alone, for planning.
  static Result<ModelAdapters> read(const ModelPackage& package, const Model<CpuOps>& model,
                                    bool values = true);

  const std::vector<std::string>& names() const { return names_; }
  // Its index; -1 where there is none.
  int find(const std::string& name) const;
  // The same; usage_error, with those that `model` has, where there is none.
  Result<int> named(const std::string& name, const std::string& model) const;

  // What a pass of the batch is given: all, where a row has one; else none, so that what nobody
  // asked for costs nothing.
  std::span<const Pairs* const> of(const Batch& batch) const;

  // The widest pair of each product that any of them has: what passes need memory for at most.
  Pairs widest() const;
  size_t bytes() const { return bytes_; }

 private:
  struct Reader;

  std::vector<std::string> names_;
  std::map<std::string, int> index_;
  std::deque<Pairs> pairs_;
  std::vector<const Pairs*> list_;
  WeightStorage memory_;
  size_t bytes_ = 0;
};

}  // namespace tutti
