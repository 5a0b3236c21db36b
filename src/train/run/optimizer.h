// Muon for the hidden matrices, AdamW for everything else, in one object with one state.
// Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon): the momentum of each matrix is
// orthogonalised by five Newton-Schulz iterations, so every direction is learned at the same speed;
// it needs about 0.6x the steps of AdamW.
#pragma once

#include "train/backend/parameter_store.h"

namespace tutti {

struct OptimizerOptions {
  double muon_rate = 0.02;
  double adam_rate = 0.002;
  double momentum = 0.95;
  double beta1 = 0.9, beta2 = 0.95;
  // Decoupled (Loshchilov and Hutter, arXiv 1711.05101): a share of rate times this is taken off
  // each weight of a matrix in every step; gains, biases and tables of gains keep what they
  // learned.
  double weight_decay = 0.01;    // of Muon's matrices
  double adam_weight_decay = 0;  // of the other matrices: tables, heads, input projections
  double clip = 1.0;             // global gradient norm
};

class Optimizer {
 public:
  // Keeps a reference to the store, which owns its state: made at once, so that checkpoints have
  // one shape. Muon needs whole matrices.
  Optimizer(ParameterStore& store, const OptimizerOptions& options, torch::ScalarType compute);

  // One update with all rates times `scale`, then clears the gradients. Returns the gradient norm
  // before clipping; a norm that is not finite skips the update.
  double step(double scale);

  // Whether Muon has this weight: a hidden matrix of at least 32 rows and columns, for below that
  // there is little to orthogonalise.
  static bool has_muon(const Parameter& parameter);

 private:
  struct Slot {
    Parameter* parameter;
    bool muon;
    torch::Tensor first, second;  // momentum (and AdamW's squares), of the parameter's state
  };
  void muon_update(Slot& slot, const torch::Tensor& gradient, double rate);
  void adam_update(Slot& slot, const torch::Tensor& gradient, double rate);
  double gradient_norm();
  // Calls body(slot index) for every slot, on a CPU from all cores.
  template <class Body>
  void for_each_slot(Body body);

  ParameterStore& store_;
  OptimizerOptions options_;
  torch::ScalarType compute_;
  std::vector<Slot> slots_;
  std::vector<int64_t> largest_first_;
};

// Orthogonalises a matrix: U V^T of its singular value decomposition, nearly.
torch::Tensor orthogonalize(const torch::Tensor& matrix, torch::ScalarType compute);

}  // namespace tutti
