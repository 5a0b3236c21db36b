// The operations that have fused CPU kernels, in plain libtorch: any device, any precision,
// autograd for free. Shapes as in model/ops.h.
#pragma once

#include "model/ops.h"
#include "train/backend/torch.h"

namespace tutti::generic {

torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& gain, RowIndex bounds,
                       float eps, torch::ScalarType compute);
torch::Tensor fake_quantize(const torch::Tensor& x);
torch::Tensor depthwise(const torch::Tensor& x, const torch::Tensor& w, const torch::Tensor& index);
torch::Tensor gather_rows(const torch::Tensor& x, const torch::Tensor& index);
torch::Tensor attention(const torch::Tensor& q, const torch::Tensor& kv,
                        const AttentionWeights<torch::Tensor>& weights, const AttentionPlan& plan);

}  // namespace tutti::generic
