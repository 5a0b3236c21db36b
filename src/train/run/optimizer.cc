#include "train/run/optimizer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tutti {

bool Optimizer::has_muon(const Parameter& parameter) {
  return parameter.spec.role == Role::hidden &&
         std::min(parameter.whole[0], parameter.whole[1]) >= 32;
}

Optimizer::Optimizer(ParameterStore& store, const OptimizerOptions& options,
                     torch::ScalarType compute)
    : store_(store), options_(options), compute_(compute) {
  for (Parameter& parameter : store.parameters()) {
    Slot slot{&parameter, has_muon(parameter), {}, {}};
    slot.first = torch::zeros_like(parameter.value, torch::MemoryFormat::Contiguous).detach();
    parameter.state = {{"first", slot.first}};
    if (!slot.muon) {
      slot.second = torch::zeros_like(slot.first);
      parameter.state.push_back({"second", slot.second});
    }
    slots_.push_back(std::move(slot));
  }
  largest_first_.resize(slots_.size());
  std::iota(largest_first_.begin(), largest_first_.end(), 0);
  std::stable_sort(largest_first_.begin(), largest_first_.end(), [&](int64_t a, int64_t b) {
    return slots_[a].first.numel() > slots_[b].first.numel();
  });
}

// Tensors are independent of each other, so each core takes whole ones: hundreds of small products
// and element-wise passes split badly, but share out well. A result does not depend on which thread
// made it. A GPU is fed from one thread.
template <class Body>
void Optimizer::for_each_slot(Body body) {
  const int64_t count = int64_t(slots_.size());
  if (count && slots_[0].first.is_cuda()) {
    for (int64_t i = 0; i < count; ++i) body(i);
    return;
  }
#pragma omp parallel for schedule(dynamic, 1)
  for (int64_t i = 0; i < count; ++i) {
    torch::NoGradGuard no_grad;  // thread-local
    body(largest_first_[i]);
  }
}

double Optimizer::gradient_norm() {
  std::vector<double> squares(slots_.size());
  for_each_slot([&](int64_t i) {
    if (const auto& g = slots_[i].parameter->value.grad(); g.defined())
      squares[i] = std::pow(g.norm().item<double>(), 2);
  });
  return std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
}

double Optimizer::step(double scale) {
  torch::NoGradGuard no_grad;
  const double norm = gradient_norm();
  if (std::isfinite(norm)) {
    ++store_.updates;
    const double clip = std::min(1.0, options_.clip / (norm + 1e-12));
    for_each_slot([&](int64_t i) {
      Slot& slot = slots_[i];
      if (!slot.parameter->value.requires_grad()) return;
      torch::Tensor gradient = slot.parameter->value.grad();
      // A weight that this step did not use still decays its momentum, as if its gradient were
      // zero.
      gradient =
          gradient.defined() ? gradient.mul_(clip) : torch::zeros_like(slot.parameter->value);
      if (slot.muon)
        muon_update(slot, gradient, options_.muon_rate * scale);
      else
        adam_update(slot, gradient, options_.adam_rate * scale);
    });
  }
  for (Slot& slot : slots_)
    if (slot.parameter->value.grad().defined()) slot.parameter->value.mutable_grad().reset();
  return norm;
}

torch::Tensor orthogonalize(const torch::Tensor& matrix, torch::ScalarType compute) {
  torch::Tensor x = matrix / (matrix.norm() + 1e-7);
  const bool tall = x.size(0) > x.size(1);
  x = (tall ? x.t() : x).to(compute).contiguous();
  for (int i = 0; i < 5; ++i) {
    const torch::Tensor a = torch::mm(x, x.t());
    const torch::Tensor b = torch::addmm(a, a, a, /*beta=*/-4.7750, /*alpha=*/2.0315);
    x = torch::addmm(x, b, x, /*beta=*/3.4445);
  }
  return (tall ? x.t() : x).to(torch::kFloat);
}

void Optimizer::muon_update(Slot& slot, const torch::Tensor& gradient, double rate) {
  slot.first.lerp_(gradient, 1.0 - options_.momentum);
  const torch::Tensor nesterov = gradient.lerp(slot.first, options_.momentum);
  torch::Tensor& w = slot.parameter->value;
  const double shape = std::sqrt(std::max(1.0, double(w.size(0)) / double(w.size(1))));
  w.mul_(1.0 - rate * options_.weight_decay);
  w.add_(orthogonalize(nesterov, compute_), -rate * shape);
}

void Optimizer::adam_update(Slot& slot, const torch::Tensor& gradient, double rate) {
  const auto steps = double(store_.updates);
  slot.first.lerp_(gradient, 1.0 - options_.beta1);
  slot.second.mul_(options_.beta2).addcmul_(gradient, gradient, 1.0 - options_.beta2);
  const double first = 1.0 - std::pow(options_.beta1, steps);
  const double second = 1.0 - std::pow(options_.beta2, steps);
  const torch::Tensor root = (slot.second / second).sqrt_().add_(1e-8);
  if (slot.parameter->spec.product && options_.adam_weight_decay > 0)
    slot.parameter->value.mul_(1.0 - rate * options_.adam_weight_decay);
  slot.parameter->value.addcdiv_(slot.first, root, -rate / first);
}

}  // namespace tutti
