// Autograd functions around cpu_kernels.h: bf16 on a CPU. Same signatures as generic_ops.h.
#pragma once

#include "model/ops.h"
#include "train/torch.h"

namespace tutti::fused {

torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& gain, RowIndex bounds);
torch::Tensor relu2(const torch::Tensor& x);
torch::Tensor depthwise(const torch::Tensor& x, const torch::Tensor& w, const torch::Tensor& index);
torch::Tensor gather_rows(const torch::Tensor& x, const torch::Tensor& index);
torch::Tensor attention(const torch::Tensor& q, const torch::Tensor& kv,
                        const AttentionWeights<torch::Tensor>& weights, const AttentionPlan& plan);
// y = x w^T with the bf16 copy of the weight; the gradient goes to the FP32 master.
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& master, const torch::Tensor& w);

// fused_elementwise.cc: the operations between products.
torch::Tensor silu(const torch::Tensor& x);
torch::Tensor add(const torch::Tensor& x, const torch::Tensor& y);  // FP32 + bf16, same shape
torch::Tensor add_scaled(const torch::Tensor& x, const torch::Tensor& y,
                         const torch::Tensor& scale);  // all FP32
torch::Tensor modulate(const torch::Tensor& x, const torch::Tensor& modulation, RowIndex index,
                       int first);
torch::Tensor scale_rows(const torch::Tensor& x, const torch::Tensor& scale);  // FP32 scale
// To bf16; the gradient passes straight through.
torch::Tensor fake_quantize(const torch::Tensor& x);
torch::Tensor normalize_rows(const torch::Tensor& x);  // FP32 to bf16

// Cross-entropy of each row, in nats, of bf16 logits capped at cap * tanh(x / cap); target: int64,
// one a row.
torch::Tensor capped_cross_entropy(const torch::Tensor& logits, const torch::Tensor& target,
                                   float cap);

}  // namespace tutti::fused
