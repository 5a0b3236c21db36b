// What the fused autograd functions share: bf16 tensors as raw pointers. Included by their .cc
// files alone.
#pragma once

#include "train/backend/cpu_elementwise.h"
#include "train/backend/torch.h"

namespace tutti::fused {

using kernels::bf16;
using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

inline const bf16* data(const Tensor& t) {
  return static_cast<const bf16*>(t.data_ptr());
}
inline bf16* mutable_data(const Tensor& t) {
  return static_cast<bf16*>(t.data_ptr());
}

inline Tensor as_bf16(const Tensor& t) {
  if (t.scalar_type() != torch::kFloat || t.requires_grad() || !t.is_contiguous())
    return t.to(torch::kBFloat16).contiguous();
  Tensor y = torch::empty(t.sizes(), t.options().dtype(torch::kBFloat16));
  kernels::narrow(t.data_ptr<float>(), mutable_data(y), t.numel());
  return y;
}

}  // namespace tutti::fused
