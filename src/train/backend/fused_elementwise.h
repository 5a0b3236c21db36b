// Autograd functions around cpu_elementwise.h, the operations between products: bf16 on a CPU.
#pragma once

#include "model/ops.h"
#include "train/backend/torch.h"

namespace tutti::fused {

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

}  // namespace tutti::fused
