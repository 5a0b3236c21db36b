// Where the runtime's Model gets its weights: small ones as FP32 tensors, matrices packed for the
// kernels in the precision that they were given.
//
//   WeightSource source(
//       [&](name, rows, cols) { return package.read_f32(name, {rows, cols}); },
//       [&](name, rows, cols) { return read_weight(package, name, rows, cols); });
//   Model<CpuOps> model(Scope(source, ""), config);
//   TUTTI_CHECK(source.pack(threads));      // all matrices, on all threads
//   loaded.weights = source.take();         // what the model's tensors refer to
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/params.h"
#include "model/spec.h"
#include "runtime/linear/packed_weights.h"
#include "runtime/memory/tensor.h"
#include "runtime/threads.h"

namespace tutti {

// A matrix as products read it.
struct Weight {
  PackedWeights packed;
  // INT8: the calibrated scale of its inputs, by modality group; 0: each row has one of its own.
  std::array<float, kMostGroups> input_scales = {};
  int groups = 1;         // that the layer serves with scales that differ; 1: the first is for all
  std::string name = {};  // for calibration
};

// What a model's tensors refer to.
struct WeightStorage {
  std::vector<AlignedFloats> floats;
  std::deque<Weight> matrices;
  size_t bytes() const;
};

// A ParameterSource. Tensors that it hands out live as long as take()'s result.
class WeightSource {
 public:
  using Read =
      std::function<Result<std::vector<float>>(const std::string& name, int rows, int cols)>;
  using ReadMatrix = std::function<Result<Weight>(const std::string& name, int rows, int cols)>;

  // Matrices in FP32, packed at once.
  explicit WeightSource(Read read) : read_(std::move(read)) {}
  // `matrix` is called by pack(), on several threads.
  WeightSource(Read read, ReadMatrix matrix)
      : read_(std::move(read)), read_matrix_(std::move(matrix)) {}

  // After the first error all tensors are empty; status() tells.
  // Packed where products read it and it has the 16 rows of a panel.
  CpuTensor get(const std::string& name, int rows, int cols, const ParamSpec& spec);

  Status pack(ThreadPool& threads);
  Status status() const { return error_ ? Status(*error_) : Status(); }
  WeightStorage take() { return std::move(storage_); }

 private:
  CpuTensor floats(const std::string& name, int rows, int cols);
  CpuTensor matrix(const std::string& name, int rows, int cols, bool gated);
  struct Job {
    std::string name;
    int rows, cols;
    bool gated;  // gate and up, to be interleaved
    Weight* weight;
  };
  Status run(const Job& job) const;
  Result<Weight> read_f32(const Job& job) const;

  Read read_;
  ReadMatrix read_matrix_;
  WeightStorage storage_;
  std::vector<Job> jobs_;
  std::optional<Error> error_;
};

}  // namespace tutti
