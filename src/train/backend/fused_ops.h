// Autograd functions around cpu_kernels.h: bf16 on a CPU. Same signatures as generic_ops.h;
// attention is in fused_attention.h, what lies between products in fused_elementwise.h.
#pragma once

#include "model/ops.h"
#include "train/backend/torch.h"

namespace tutti::fused {

torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& gain, RowIndex bounds);
torch::Tensor relu2(const torch::Tensor& x);
torch::Tensor depthwise(const torch::Tensor& x, const torch::Tensor& w, const torch::Tensor& index);
torch::Tensor gather_rows(const torch::Tensor& x, const torch::Tensor& index);
// y = x w^T with the bf16 copy of the weight; the gradient goes to the FP32 master.
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& master, const torch::Tensor& w);

// Cross-entropy of each row, in nats, of bf16 logits capped at cap * tanh(x / cap); target: int64,
// one a row.
torch::Tensor capped_cross_entropy(const torch::Tensor& logits, const torch::Tensor& target,
                                   float cap);

}  // namespace tutti::fused
