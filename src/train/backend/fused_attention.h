// Attention with autograd around cpu_attention.h: bf16 on a CPU.
#pragma once

#include <memory>

#include "model/ops.h"
#include "train/backend/torch.h"

namespace tutti::fused {

// What is saved for the backward pass shares the plan: whoever made it may let go of it.
torch::Tensor attention(const torch::Tensor& q, const torch::Tensor& kv,
                        const AttentionWeights<torch::Tensor>& weights,
                        std::shared_ptr<const AttentionPlan> plan);

}  // namespace tutti::fused
