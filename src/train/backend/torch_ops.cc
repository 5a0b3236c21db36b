#include "train/backend/torch_ops.h"

#include "model/compose.h"
#include "train/backend/fused_attention.h"
#include "train/backend/fused_elementwise.h"
#include "train/backend/fused_ops.h"
#include "train/backend/generic_ops.h"

namespace tutti {

using Tensor = TorchOps::Tensor;

Tensor TorchOps::constant(std::span<const float> values, int rows, int cols) {
  return torch::from_blob(const_cast<float*>(values.data()), {rows, cols}, torch::kFloat)
      .to(device_, compute_, /*non_blocking=*/false, /*copy=*/true);
}

Tensor TorchOps::index_tensor(RowIndex index) {
  const Tensor host = torch::tensor(at::ArrayRef<int32_t>(index.data(), index.size()), torch::kInt);
  return fused() ? host : host.to(device_, torch::kLong);
}

Tensor TorchOps::computed(const Tensor& weight) {
  if (weight.scalar_type() == compute_) return weight;
  Converted& entry = converted_[weight.getIntrusivePtr()];
  if (!entry.value.defined() || entry.version != weight._version()) {
    torch::NoGradGuard no_grad;
    const Tensor value = weight.detach();
    entry = {uint32_t(weight._version()), quantize_.weights && quantizable(weight)
                                              ? fused::fake_quantize(value)
                                              : value.to(compute_)};
  }
  return entry.value;
}

Tensor TorchOps::linear(const Tensor& x, const Linear<Tensor>& w,
                        const RowAdapters<Tensor>* adapters) {
  Tensor y = plain_linear(x, w.weight);
  if (w.bias) y = y + w.bias->to(y.scalar_type());
  return compose::adapt(*this, x, w, y, adapters);
}

Tensor TorchOps::plain_linear(const Tensor& x, const Tensor& w) {
  flops_ += 2.0 * double(x.size(0)) * double(w.numel());
  const bool round_x = quantize_.activations && quantizable(w);
  if (fused()) return fused::linear(round_x ? fused::fake_quantize(x) : x, w, computed(w));
  const bool round_w = quantize_.weights && quantizable(w);
  return torch::linear((round_x ? generic::fake_quantize(x) : x).to(compute_),
                       (round_w ? generic::fake_quantize(w) : w).to(compute_));
}

Tensor TorchOps::norm_linear(const Tensor& x, const PreNorm<Tensor>& norm,
                             const Linear<Tensor>& w) {
  return compose::norm_linear(*this, x, norm, w);
}

std::pair<Tensor, Tensor> TorchOps::norm_linear(const Tensor& x, const PreNorm<Tensor>& norm,
                                                const Linear<Tensor>& w, const Linear<Tensor>& v) {
  return compose::norm_linear(*this, x, norm, w, v);
}

Tensor TorchOps::linear_join(const Tensor& x, const Linear<Tensor>& w, const Join<Tensor>& join) {
  return compose::join(*this, linear(x, w, join.adapters), join);
}

Tensor TorchOps::feed_forward(const Tensor& x, const PreNorm<Tensor>& norm,
                              std::span<const Linear<Tensor>> up, Activation activation,
                              std::span<const Linear<Tensor>> down, const Join<Tensor>& join) {
  return compose::feed_forward(*this, x, norm, up, activation, down, join);
}

Tensor TorchOps::norm_silu_conv(const Tensor& x, const Tensor& gain, const Tensor& w, Grid grid,
                                int kernel, int stride) {
  return compose::norm_silu_conv(*this, x, gain, w, grid, kernel, stride);
}

Tensor TorchOps::route(const Tensor& x, const Tensor& route, const Tensor& bias, RowIndex bounds) {
  return compose::route(*this, x, route, bias, bounds);
}

Tensor TorchOps::embedding(const Tensor& table, RowIndex index) {
  const Tensor host = torch::tensor(at::ArrayRef<int32_t>(index.data(), index.size()), torch::kInt);
  return torch::embedding(table, host.to(device_, torch::kLong));
}

// The fused kernel knows one epsilon: that of the reference model.
Tensor TorchOps::rms_norm(const Tensor& x, const Tensor& gain, RowIndex bounds, float eps) {
  if (fused() && eps == 1e-6f) return fused::rms_norm(x, gain, bounds);
  return generic::rms_norm(x, gain, bounds, eps, compute_);
}

Tensor TorchOps::layer_norm(const Tensor& x, const Tensor& gain, const Tensor& shift,
                            RowIndex bounds, float eps) {
  const Tensor wide = x.to(torch::kFloat);
  const Tensor centred = wide - wide.mean(-1, true);
  const Tensor normal = centred * torch::rsqrt((centred * centred).mean(-1, true) + eps);
  std::vector<Tensor> parts;
  for (size_t g = 0; g + 1 < bounds.size(); ++g)
    parts.push_back(normal.narrow(0, bounds[g], bounds[g + 1] - bounds[g]) * gain[int64_t(g)] +
                    shift[int64_t(g)]);
  return torch::cat(parts).to(compute_);
}

Tensor TorchOps::activate(const Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu2:
      return relu2(x);
    case Activation::silu:
      return silu(x);
    case Activation::gelu:
      return torch::gelu(x, "tanh");
    case Activation::swiglu:
    case Activation::geglu:
      break;
  }
  const std::vector<Tensor> halves = x.chunk(2, 1);
  return activate(halves[0].contiguous(),
                  activation == Activation::swiglu ? Activation::silu : Activation::gelu) *
         halves[1];
}

Tensor TorchOps::add(const Tensor& x, const Tensor& y) {
  if (fused() && x.scalar_type() == torch::kFloat && y.scalar_type() == torch::kBFloat16)
    return fused::add(x, y);
  return x + y;
}

Tensor TorchOps::add_scaled(const Tensor& x, const Tensor& y, const Tensor& scale) {
  if (fused() && x.scalar_type() == torch::kFloat && y.scalar_type() == torch::kFloat)
    return fused::add_scaled(x, y, scale);
  return x + y * scale;
}

Tensor TorchOps::modulate(const Tensor& x, const Tensor& mod, RowIndex index, int first) {
  if (index.empty()) return x;
  if (fused()) return fused::modulate(x, mod, index, first);
  const Tensor rows =
      (1 + mod.to(x.scalar_type()))
          .index_select(
              0, torch::tensor(at::ArrayRef<int32_t>(index.data(), index.size()), torch::kInt)
                     .to(device_));
  const Tensor noisy = x.narrow(0, first, x.size(0) - first) * rows;
  return first ? torch::cat({x.narrow(0, 0, first), noisy}) : noisy;
}

Tensor TorchOps::scale_rows(const Tensor& x, const Tensor& g) {
  if (fused()) return fused::scale_rows(x, g);
  return x * g.to(x.scalar_type());
}

Tensor TorchOps::gate(const Tensor& logits) {
  const Tensor p = torch::sigmoid(logits.to(torch::kFloat));
  const Tensor hard = (logits.to(torch::kFloat) > 0).to(torch::kFloat);
  return (hard - p).detach() + p;
}

Tensor TorchOps::replace_rows(const Tensor& x, RowIndex index, const Tensor& z) {
  return x.index_copy(0, index_tensor(index).to(torch::kLong), z.to(x.scalar_type()));
}

Tensor TorchOps::sigmoid(const Tensor& x) {
  return torch::sigmoid(x.to(torch::kFloat));
}

Tensor TorchOps::relu2(const Tensor& x) {
  if (fused()) return fused::relu2(x);
  const Tensor positive = torch::relu(x);
  return positive * positive;
}

Tensor TorchOps::silu(const Tensor& x) {
  if (fused()) return fused::silu(x);
  return torch::silu(x);
}

Tensor TorchOps::softcap(const Tensor& x, float cap) {
  return torch::tanh(x.to(torch::kFloat) / cap) * cap;
}

std::shared_ptr<const AttentionPlan> TorchOps::owned(const AttentionPlan& plan) const {
  if (batch_) {
    for (const AttentionPlan* held :
         {&batch_->windows_16, &batch_->windows_8, &batch_->audio.attention, &batch_->trunk})
      if (held == &plan) return {batch_, held};
    for (const SummaryPlan& summary : batch_->summary)
      if (&summary.attention == &plan) return {batch_, &plan};
  }
  return std::make_shared<const AttentionPlan>(plan);
}

Tensor TorchOps::attention(const Tensor& q, const Tensor& kv,
                           const AttentionWeights<Tensor>& weights, const AttentionPlan& plan,
                           Cache*) {
  for (int s = 0; s < plan.sequences(); ++s)
    flops_ += 4.0 * double(plan.query_offsets[s + 1] - plan.query_offsets[s]) *
              double(plan.key_offsets[s + 1] - plan.key_offsets[s]) * double(q.size(1));
  // The fused kernel has norms and gains, the reference model's rotations, and a head of keys for
  // each of queries.
  static const RopeRates reference;
  const bool usual = weights.query_gain && weights.modality_gain && kv.size(1) == 2 * q.size(1) &&
                     weights.rope.rate == reference.rate;
  return fused() && usual ? fused::attention(q, kv, weights, owned(plan))
                          : generic::attention(q, kv, weights, plan);
}

// Raster rows are NHWC, which libtorch calls channels-last: no copy on the way in or out.
Tensor TorchOps::conv2d(const Tensor& x, const Tensor& w, Grid grid, int kernel, int stride) {
  const int64_t in = x.size(1), out = w.size(0);
  const Tensor image =
      x.to(compute_).reshape({grid.images, grid.height, grid.width, in}).permute({0, 3, 1, 2});
  const Tensor filter = w.to(compute_).reshape({out, kernel, kernel, in}).permute({0, 3, 1, 2});
  const Tensor y = torch::conv2d(image, filter, {}, stride, (kernel - 1) / 2);
  flops_ += 2.0 * double(y.numel()) * double(w.size(1));
  return y.permute({0, 2, 3, 1}).reshape({-1, out});
}

Tensor TorchOps::depthwise(const Tensor& x, const Tensor& w, RowIndex index) {
  const Tensor i = index_tensor(index);
  return fused() ? fused::depthwise(x, w, i) : generic::depthwise(x, w, i);
}

Tensor TorchOps::gather_rows(const Tensor& x, RowIndex index) {
  const Tensor i = index_tensor(index);
  return fused() ? fused::gather_rows(x, i) : generic::gather_rows(x, i);
}

Tensor TorchOps::concat_rows(std::span<const Tensor> parts) {
  // Mixed precision: FP32 wins, so that a residual stream stays FP32.
  bool wide = false;
  for (const Tensor& part : parts) wide |= part.scalar_type() == torch::kFloat;
  std::vector<Tensor> same;
  for (const Tensor& part : parts) same.push_back(wide ? part.to(torch::kFloat) : part);
  return torch::cat(same);
}

Tensor TorchOps::concat_cols(const Tensor& a, const Tensor& b) {
  return torch::cat({a, b.to(a.scalar_type())}, 1);
}

std::vector<Tensor> TorchOps::split_rows(const Tensor& x, RowIndex bounds) {
  std::vector<int64_t> counts;
  for (size_t g = 0; g + 1 < bounds.size(); ++g) counts.push_back(bounds[g + 1] - bounds[g]);
  return x.split_with_sizes(counts);
}
Tensor TorchOps::rows(const Tensor& x, int begin, int end) {
  return x.narrow(0, begin, end - begin);
}
Tensor TorchOps::cols(const Tensor& x, int begin, int end) {
  return x.narrow(1, begin, end - begin);
}
Tensor TorchOps::reshape(const Tensor& x, int rows, int cols) {
  return x.reshape({rows, cols});
}

Tensor TorchOps::segment_mean(const Tensor& x, RowIndex index, RowIndex bounds) {
  const int64_t segments = int64_t(bounds.size()) - 1;
  std::vector<int64_t> owner;
  std::vector<float> weight(segments);
  for (int64_t s = 0; s < segments; ++s) {
    owner.insert(owner.end(), bounds[s + 1] - bounds[s], s);
    weight[s] = 1.0f / float(std::max(1, bounds[s + 1] - bounds[s]));
  }
  const Tensor rows = gather_rows(x, index).to(torch::kFloat);
  const Tensor sums = torch::zeros({segments, x.size(1)}, rows.options())
                          .index_add(0, torch::tensor(owner, torch::kLong).to(device_), rows);
  return sums * torch::tensor(weight).to(device_).unsqueeze(1);
}

Tensor TorchOps::normalize_rows(const Tensor& x) {
  // Rows of the residual stream go into a product next; short ones (embeddings) stay FP32.
  if (fused() && x.scalar_type() == torch::kFloat) return fused::normalize_rows(x);
  const Tensor wide = x.to(torch::kFloat);
  return wide * torch::rsqrt((wide * wide).sum(-1, true) + 1e-12);
}

Tensor TorchOps::capped_cross_entropy(const Tensor& logits, const Tensor& target, float cap) {
  if (fused() && cap > 0) return fused::capped_cross_entropy(logits, target, cap);
  namespace F = torch::nn::functional;
  return F::cross_entropy(cap > 0 ? softcap(logits, cap) : logits.to(torch::kFloat), target,
                          F::CrossEntropyFuncOptions().reduction(torch::kNone));
}

static_assert(Ops<TorchOps>);

}  // namespace tutti
