#include "train/backend/generic_ops.h"

#include "model/rope.h"

namespace tutti::generic {
namespace {

using torch::Tensor;
using torch::indexing::Slice;

Tensor to_device(const std::vector<int64_t>& values, at::IntArrayRef shape, torch::Device device) {
  return torch::tensor(values, torch::kLong).reshape(shape).to(device);
}

// rows x heads x 64 -> normalised and gained, where there is a gain, and rotated; positions: one
// per row.
Tensor norm_rotate(const Tensor& x, const std::optional<Tensor>& gain, const RopeRates& rates,
                   const std::vector<Position>& positions) {
  const RopeTable table(rates, positions);
  const int64_t n = int64_t(positions.size());
  const auto load = [&](const std::vector<float>& values) {
    return torch::tensor(values).reshape({n, 1, kRopePairs}).to(x.device());
  };
  const Tensor cosines = load(table.cosines), sines = load(table.sines);
  const Tensor y =
      gain ? x * torch::rsqrt((x * x).mean(-1, true) + 1e-6) * gain->reshape({1, 1, kHeadWidth})
           : x;
  const Tensor a = y.narrow(-1, 0, kRopePairs), b = y.narrow(-1, kRopePairs, kRopePairs);
  return torch::cat({a * cosines - b * sines, a * sines + b * cosines}, -1);
}

// Where each list entry sits in a sequences x longest rectangle; the rest points one past the list.
Tensor padded_index(const std::vector<int32_t>& offsets, int64_t& longest, torch::Device device) {
  const int64_t sequences = int64_t(offsets.size()) - 1;
  longest = 1;
  for (int64_t s = 0; s < sequences; ++s)
    longest = std::max<int64_t>(longest, offsets[s + 1] - offsets[s]);
  std::vector<int64_t> index(sequences * longest, offsets.back());
  for (int64_t s = 0; s < sequences; ++s)
    for (int32_t i = offsets[s]; i < offsets[s + 1]; ++i) index[s * longest + i - offsets[s]] = i;
  return to_device(index, {sequences, longest}, device);
}

Tensor list_rows(const Tensor& x, const std::vector<int32_t>& rows) {
  return x.index_select(0,
                        to_device({rows.begin(), rows.end()}, {int64_t(rows.size())}, x.device()));
}

Tensor with_zero_row(const Tensor& x) {
  std::vector<int64_t> shape = x.sizes().vec();
  shape[0] = 1;
  return torch::cat({x, torch::zeros(shape, x.options())});
}

// gain_(G*G)H at (query group, key group) of every pair: S x H x queries x keys.
Tensor modality_gains(const Tensor& gain, const Tensor& query_groups, const Tensor& key_groups) {
  const int64_t groups = std::llround(std::sqrt(double(gain.size(0))));
  const Tensor pair = query_groups.unsqueeze(2) * groups + key_groups.unsqueeze(1);
  return gain.index_select(0, pair.flatten())
      .reshape({pair.size(0), pair.size(1), pair.size(2), gain.size(1)})
      .permute({0, 3, 1, 2});
}

}  // namespace

Tensor rms_norm(const Tensor& x, const Tensor& gain, RowIndex bounds, float eps,
                torch::ScalarType compute) {
  const Tensor wide = x.to(torch::kFloat);
  const Tensor y = wide * torch::rsqrt((wide * wide).mean(-1, true) + eps);
  if (bounds.size() == 2) return (y * gain).to(compute);
  std::vector<Tensor> parts;
  for (size_t g = 0; g + 1 < bounds.size(); ++g)
    if (bounds[g] < bounds[g + 1])
      parts.push_back(y.narrow(0, bounds[g], bounds[g + 1] - bounds[g]) * gain[int64_t(g)]);
  return torch::cat(parts).to(compute);
}

Tensor fake_quantize(const Tensor& x) {
  const Tensor wide = x.detach().to(torch::kFloat);
  const Tensor scale = wide.abs().amax(-1, true).clamp_min(1e-30) / 127;
  const Tensor kept = (torch::round(wide / scale) * scale).to(x.scalar_type());
  return x + (kept - x).detach();
}

Tensor gather_rows(const Tensor& x, const Tensor& index) {
  return with_zero_row(x).index_select(
      0, torch::where(index < 0, torch::full_like(index, x.size(0)), index));
}

Tensor depthwise(const Tensor& x, const Tensor& w, const Tensor& index) {
  const Tensor around = gather_rows(x, index).reshape({-1, w.size(0), x.size(1)});
  return (around.to(torch::kFloat) * w).sum(1).to(x.scalar_type());
}

// Pads the sequences to a rectangle and masks; 30-50 % of the work is wasted, but on a GPU that is
// cheaper than many small products.
Tensor attention(const Tensor& q, const Tensor& kv, const AttentionWeights<Tensor>& weights,
                 const AttentionPlan& plan) {
  const torch::Device device = q.device();
  const int64_t heads = q.size(1) / kHeadWidth, width = q.size(1);
  const int64_t kv_width = kv.size(1) / 2, kv_heads = kv_width / kHeadWidth;
  const int64_t groups =
      weights.modality_gain ? std::llround(std::sqrt(double(weights.modality_gain->size(0)))) : 1;
  // A head of keys or values for each of queries.
  const auto shared_out = [&](const Tensor& list) {
    return kv_heads == heads ? list : list.repeat_interleave(heads / kv_heads, 1);
  };
  const Tensor q_list =
      norm_rotate(list_rows(q, plan.query_rows).to(torch::kFloat).reshape({-1, heads, kHeadWidth}),
                  weights.query_gain, weights.rope, plan.query_positions);
  const Tensor kv_list = list_rows(kv, plan.key_rows).to(torch::kFloat);
  const Tensor k_list =
      shared_out(norm_rotate(kv_list.narrow(1, 0, kv_width).reshape({-1, kv_heads, kHeadWidth}),
                             weights.key_gain, weights.rope, plan.key_positions));
  const Tensor v_list =
      shared_out(kv_list.narrow(1, kv_width, kv_width).reshape({-1, kv_heads, kHeadWidth}));

  int64_t queries = 0, keys = 0;
  const Tensor q_index = padded_index(plan.query_offsets, queries, device);
  const Tensor k_index = padded_index(plan.key_offsets, keys, device);
  const int64_t sequences = plan.sequences();
  const auto rectangle = [&](const Tensor& list, const Tensor& index, int64_t rows) {
    return with_zero_row(list)
        .index_select(0, index.flatten())
        .reshape({sequences, rows, heads, kHeadWidth})
        .transpose(1, 2);
  };
  const auto entries = [&](const auto& values, const Tensor& index, int64_t fill) {
    std::vector<int64_t> list(values.begin(), values.end());
    list.push_back(fill);
    return to_device(list, {int64_t(list.size())}, device)
        .index_select(0, index.flatten())
        .reshape(index.sizes());
  };
  Tensor logits = torch::matmul(rectangle(q_list, q_index, queries),
                                rectangle(k_list, k_index, keys).transpose(2, 3)) /
                  8.0;
  // One group: a constant, which softmax ignores.
  if (groups > 1)
    logits = logits + modality_gains(*weights.modality_gain, entries(plan.query_groups, q_index, 0),
                                     entries(plan.key_groups, k_index, 0));
  const Tensor column =
      torch::arange(keys, torch::TensorOptions(torch::kLong).device(device)).reshape({1, 1, keys});
  const Tensor seen = (column >= entries(plan.first_key, q_index, 0).unsqueeze(2)) &
                      (column < entries(plan.last_key, q_index, 1).unsqueeze(2));
  const Tensor p = torch::softmax(logits.masked_fill(seen.logical_not().unsqueeze(1), -1e30), -1);
  const Tensor o =
      torch::matmul(p, rectangle(v_list, k_index, keys)).transpose(1, 2).reshape({-1, width});

  std::vector<int64_t> target(plan.query_rows.begin(), plan.query_rows.end());
  const Tensor in_list = (q_index.flatten() < int64_t(target.size())).nonzero().flatten();
  return torch::zeros({q.size(0), width}, o.options())
      .index_copy(0, to_device(target, {int64_t(target.size())}, device),
                  o.index_select(0, in_list))
      .to(q.scalar_type());
}

}  // namespace tutti::generic
