// The architecture's operations on libtorch tensors, with autograd: one of the two back ends of
// model/ops.h. On a CPU with bf16 the hot ones run as fused kernels (cpu_kernels.h); everywhere
// else (FP32, CUDA) the same functions are written in plain libtorch (generic_ops.h), which is also
// their reference in the tests.
//
// Precision: the residual stream and the master weights are FP32; products, and what flows between
// them inside a block, are in `compute` (bf16 where the machine multiplies it natively).
#pragma once

#include <memory>
#include <unordered_map>

#include "model/batch.h"
#include "model/ops.h"
#include "train/backend/torch.h"

namespace tutti {

// Rounding to INT8 with a scale a row (of a weight, or of an activation: a token), as the runtime's
// INT8 products do; gradients pass straight through.
struct FakeQuantize {
  bool weights = false, activations = false;
};

class TorchOps {
 public:
  using Tensor = torch::Tensor;
  struct Cache {};  // training sees whole sequences

  TorchOps(torch::Device device, torch::ScalarType compute) : device_(device), compute_(compute) {}

  Tensor constant(std::span<const float> values, int rows, int cols);
  Tensor linear(const Tensor& x, const Linear<Tensor>& w,
                const RowAdapters<Tensor>* adapters = nullptr);
  Tensor linear_silu(const Tensor& x, const Tensor& w) { return silu(linear(x, w)); }
  Tensor norm_linear(const Tensor& x, const PreNorm<Tensor>& norm, const Linear<Tensor>& w);
  std::pair<Tensor, Tensor> norm_linear(const Tensor& x, const PreNorm<Tensor>& norm,
                                        const Linear<Tensor>& w, const Linear<Tensor>& v);
  Tensor linear_join(const Tensor& x, const Linear<Tensor>& w, const Join<Tensor>& join);
  Tensor feed_forward(const Tensor& x, const PreNorm<Tensor>& norm,
                      std::span<const Linear<Tensor>> up, Activation activation,
                      std::span<const Linear<Tensor>> down, const Join<Tensor>& join);
  Tensor norm_silu_conv(const Tensor& x, const Tensor& gain, const Tensor& w, Grid grid, int kernel,
                        int stride);
  Tensor route(const Tensor& x, const Tensor& route, const Tensor& bias, RowIndex bounds);
  Tensor embedding(const Tensor& table, RowIndex index);
  Tensor rms_norm(const Tensor& x, const Tensor& gain, RowIndex bounds, float eps = 1e-6f);
  Tensor layer_norm(const Tensor& x, const Tensor& gain, const Tensor& shift, RowIndex bounds,
                    float eps);
  Tensor add(const Tensor& x, const Tensor& y);
  Tensor add_scaled(const Tensor& x, const Tensor& y, const Tensor& scale);
  Tensor modulate(const Tensor& x, const Tensor& mod, RowIndex index, int first);
  Tensor scale_rows(const Tensor& x, const Tensor& g);
  Tensor gate(const Tensor& logits);
  // Gradients reach a gate through the rows it closes, so all are computed.
  bool skips() const { return false; }
  const RunningRows* running_rows(const Tensor&, const AttentionPlan&, RowIndex, RowIndex, int) {
    return nullptr;
  }
  Tensor replace_rows(const Tensor& x, RowIndex index, const Tensor& z);
  Tensor sigmoid(const Tensor& x);
  Tensor activate(const Tensor& x, Activation activation);
  Tensor relu2(const Tensor& x);
  Tensor silu(const Tensor& x);
  Tensor softcap(const Tensor& x, float cap);
  Tensor attention(const Tensor& q, const Tensor& kv, const AttentionWeights<Tensor>& weights,
                   const AttentionPlan& plan, Cache* cache);
  Tensor conv2d(const Tensor& x, const Tensor& w, Grid grid, int kernel, int stride);
  Tensor depthwise(const Tensor& x, const Tensor& w, RowIndex index);
  Tensor gather_rows(const Tensor& x, RowIndex index);
  Tensor concat_rows(std::span<const Tensor> parts);
  Tensor concat_cols(const Tensor& a, const Tensor& b);
  std::vector<Tensor> split_rows(const Tensor& x, RowIndex bounds);
  Tensor rows(const Tensor& x, int begin, int end);
  Tensor cols(const Tensor& x, int begin, int end);
  Tensor reshape(const Tensor& x, int rows, int cols);
  Tensor segment_mean(const Tensor& x, RowIndex index, RowIndex bounds);
  Tensor normalize_rows(const Tensor& x);
  int row_count(const Tensor& x) { return int(x.size(0)); }

  // Each row's cross-entropy of softcap(logits, cap) against its target, in nats. Not part of the
  // concept: only training needs it.
  Tensor capped_cross_entropy(const Tensor& logits, const Tensor& target, float cap);

  // The batch that the next passes read: what autograd saves of its plans shares this ownership, so
  // a backward pass does not depend on who else keeps the batch. A plan of no held batch is copied.
  void hold(std::shared_ptr<const Batch> batch) { batch_ = std::move(batch); }

  // Quantization-aware training: products see what INT8 keeps of their weights and inputs.
  void set_quantize(const FakeQuantize& quantize) {
    quantize_ = quantize;
    converted_.clear();
  }

  // Multiply-adds of the products so far, times 2; the backward pass costs twice as much again.
  double forward_flops() const { return flops_; }
  void set_flops(double flops) { flops_ = flops; }

  torch::Device device() const { return device_; }
  torch::ScalarType compute() const { return compute_; }

 private:
  // Host index to device, with -1 kept.
  Tensor index_tensor(RowIndex index);
  Tensor plain_linear(const Tensor& x, const Tensor& w);
  // The weight in compute precision; converted once after each update of the master.
  Tensor computed(const Tensor& weight);
  std::shared_ptr<const AttentionPlan> owned(const AttentionPlan& plan) const;
  // As in the model file: matrices of at least 16 x 16 are INT8.
  static bool quantizable(const Tensor& w) { return std::min(w.size(0), w.size(1)) >= 16; }
  bool fused() const { return device_.is_cpu() && compute_ == torch::kBFloat16; }

  torch::Device device_;
  torch::ScalarType compute_;
  double flops_ = 0;
  FakeQuantize quantize_;
  std::shared_ptr<const Batch> batch_;
  struct Converted {
    uint32_t version;
    Tensor value;
  };
  // Each key keeps its weight alive: the address of one that is gone may come back as another's.
  std::unordered_map<c10::intrusive_ptr<c10::TensorImpl>, Converted> converted_;
};

}  // namespace tutti
