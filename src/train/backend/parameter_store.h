// The one owner of what a run trains: each parameter, what its role is, which piece of it lies
// here, its moving average and the optimizer's state. Also the ParameterSource that makes them.
#pragma once

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/package/model_package.h"
#include "format/package/save_model.h"
#include "model/params.h"
#include "model/spec.h"
#include "train/backend/region.h"
#include "train/backend/torch.h"

namespace tutti {

// Which of `ranks` equal pieces a store holds of every parameter that can be cut (Layout::shard);
// it holds the others whole.
struct Placement {
  int rank = 0, ranks = 1;
};

struct Parameter {
  std::string name;
  ParamSpec spec;
  std::array<int64_t, 2> whole;  // rows and columns of all pieces together
  // Of the whole, in the order in which they lie in the local piece along the shard axis: one for
  // each of the matrices side by side that the parameter is made of.
  std::vector<Region> regions;

  torch::Tensor value;    // the local piece: FP32 master, requires grad unless it is to stay
  torch::Tensor average;  // exponential moving average of it
  struct State {
    std::string name;  // "first"
    torch::Tensor value;
  };
  std::vector<State> state;  // the optimizer's, of the piece's shape

  // The part of a tensor of the piece's shape that is region b.
  torch::Tensor region(const torch::Tensor& piece, size_t b) const;
};

// Deterministic: each parameter's initial values depend on the seed and its name alone, not on the
// placement.
class ParameterStore {
 public:
  ParameterStore(uint64_t seed, torch::Device device, Placement placement = {})
      : seed_(seed), device_(device), placement_(placement) {}

  // ParameterSource: the local piece of rows x cols, a leaf tensor, FP32.
  torch::Tensor get(const std::string& name, int rows, int cols, const ParamSpec& spec);
  // bad_input naming the first parameter that does not divide into this many pieces.
  Status check_placement() const;

  std::deque<Parameter>& parameters() { return parameters_; }
  const std::deque<Parameter>& parameters() const { return parameters_; }
  int64_t values() const;  // of all local pieces
  Placement placement() const { return placement_; }

  int64_t updates = 0;  // that the optimizer has made

  // Only parameters whose name holds one of these parts are trained from now on; the others stay as
  // they are. False: some part is in no name.
  bool train_only(const std::vector<std::string>& parts);

  // average <- decay * average + (1 - decay) * value
  void update_average(double decay);

  // Takes over values (masters and averages) from a model file of the same shape. Whole parameters
  // only, as save().
  Status load(const ModelPackage& package);
  // Writes the averages as a model file; parameters that `kept` has the tensors of, from there.
  Status save(const std::string& path, const ModelSpec& config, const std::string& card,
              std::span<const std::byte> tokenizer, DType dtype, const KeptParts& kept = {}) const;

 private:
  uint64_t seed_;
  torch::Device device_;
  Placement placement_;
  std::deque<Parameter> parameters_;  // addresses stay
  std::string indivisible_;
};

}  // namespace tutti
