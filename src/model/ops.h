// The operations that the architecture is written in.
//
//   template <Ops O> typename O::Tensor ffn(O& ops, const typename O::Tensor& x, ...) {
//     return ops.linear(ops.relu2(ops.linear(x, up)), down);
//   }
//
// Two types model this concept: TorchOps (train/backend/torch_ops.h), libtorch tensors with
// autograd, and CpuOps (runtime/ops/cpu_ops.h), arena tensors and our own kernels. The architecture
// never asks which.
//
// A Tensor is a matrix of rows x cols, row-major; a cheap handle to shared storage. Ops are coarse
// on purpose: each is one fused kernel in either back end, and one line in the parity test. A block
// is four of them: norm_linear, attention, linear_join, feed_forward. In INT8 that is what pays:
// rows are quantised where they are made, and a product's sums are scaled, gated and added before
// they leave the registers. compose.h says what the coarse ops mean in terms of the others.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "model/activation.h"
#include "model/layout.h"
#include "model/linear.h"
#include "model/rope.h"
#include "model/running_rows.h"

namespace tutti {

// Images in raster order, one row a pixel: rows = images * height * width.
struct Grid {
  int images, height, width;
};

// Attention weights beside the projections, and how positions turn queries and keys.
template <class Tensor>
struct AttentionWeights {
  std::optional<Tensor> query_gain, key_gain;  // 1 x head width: RMS norm of each head; or no norm
  // (groups * groups) x heads, added to logits: row = query group * groups + key group. Of one
  // group it changes nothing.
  std::optional<Tensor> modality_gain;
  RopeRates rope = RopeRates();
};

// Scales rows by noise level (adaLN, arXiv 2212.09748, without shifts): row r from `first` on times
// 1 + scale[index[r - first]]. Rows before it, and all of them without a scale, stay as they are.
template <class Tensor>
struct Modulation {
  std::optional<Tensor> scale_MD;
  std::span<const int32_t> index;
  int first = 0;
};

// What stands before a product: rms_norm with a gain a modality group, then modulation.
template <class Tensor>
struct PreNorm {
  const Tensor& gain_GD;
  std::span<const int32_t> bounds;  // rows [bounds[g], bounds[g + 1]) are group g
  Modulation<Tensor> modulation = {};
  float eps = 1e-6f;
  const Tensor* shift_GD = nullptr;  // of a layer norm: the mean is taken off, and this is added
  const RowAdapters<Tensor>* adapters = nullptr;  // of the products that follow
};

// How a branch joins the residual stream: residual + gate * modulate(branch).
template <class Tensor>
struct Join {
  const Tensor& residual_ND;
  std::span<const int32_t> bounds;  // of the modality groups
  Modulation<Tensor> modulation = {};
  const Tensor* gate_N1 = nullptr;
  const RowAdapters<Tensor>* adapters = nullptr;  // of the product before it
};

// Row index -1 in gather_rows and depthwise reads a row of zeros.
using RowIndex = std::span<const int32_t>;

// clang-format off
template <class O>
concept Ops = requires(O ops, const typename O::Tensor& t,
                       std::span<const typename O::Tensor> list,
                       const Linear<typename O::Tensor>& w,
                       std::span<const Linear<typename O::Tensor>> layers,
                       const RowAdapters<typename O::Tensor>* adapters, RowIndex index,
                       std::span<const float> values, const AttentionPlan& plan,
                       AttentionWeights<typename O::Tensor> weights, typename O::Cache* cache,
                       PreNorm<typename O::Tensor> norm, Join<typename O::Tensor> join,
                       Activation activation, Grid grid, int i, float f) {
  // Host data to a matrix of i x i. No gradient.
  { ops.constant(values, i, i) } -> std::same_as<typename O::Tensor>;
  // y_NM = x_NK w_MK^T + bias, and what adapters add. The only place where large weights are read.
  { ops.linear(t, w) } -> std::same_as<typename O::Tensor>;
  { ops.linear(t, w, adapters) } -> std::same_as<typename O::Tensor>;
  // silu(x w^T)
  { ops.linear_silu(t, t) } -> std::same_as<typename O::Tensor>;
  // Products of modulate(norm(x)) with one weight, or with two.
  { ops.norm_linear(t, norm, w) } -> std::same_as<typename O::Tensor>;
  { ops.norm_linear(t, norm, w, w) }
      -> std::same_as<std::pair<typename O::Tensor, typename O::Tensor>>;
  // residual + gate * modulate(x w^T)
  { ops.linear_join(t, w, join) } -> std::same_as<typename O::Tensor>;
  // residual + gate * modulate(activation(modulate(norm(x)) up^T) down^T), with up and down of each
  // group of norm.bounds; up of a gated activation has the gate's rows, then the others.
  { ops.feed_forward(t, norm, layers, activation, layers, join) } -> std::same_as<typename O::Tensor>;
  // conv2d of silu(rms_norm(x) * gain_1D)
  { ops.norm_silu_conv(t, t, t, grid, i, i) } -> std::same_as<typename O::Tensor>;
  // Routing logits, N x 1: (x / |x|) route_1D^T + bias_G1[g], where rows [bounds[g], bounds[g+1])
  // are group g.
  { ops.route(t, t, t, index) } -> std::same_as<typename O::Tensor>;
  // Rows of table_VD by index.
  { ops.embedding(t, index) } -> std::same_as<typename O::Tensor>;
  // x / sqrt(mean(x^2) + eps) * gain_GD[g], where rows [bounds[g], bounds[g+1]) are group g; eps is
  // 1e-6 unless given.
  { ops.rms_norm(t, t, index) } -> std::same_as<typename O::Tensor>;
  { ops.rms_norm(t, t, index, f) } -> std::same_as<typename O::Tensor>;
  // (x - mean(x)) / sqrt(var(x) + eps) * gain_GD[g] + shift_GD[g].
  { ops.layer_norm(t, t, t, index, f) } -> std::same_as<typename O::Tensor>;
  // x + y
  { ops.add(t, t) } -> std::same_as<typename O::Tensor>;
  // x + y * scale_1D, per channel
  { ops.add_scaled(t, t, t) } -> std::same_as<typename O::Tensor>;
  // Rows from `first` on: x_r * (1 + mod[index[r - first]]); rows before it unchanged.
  { ops.modulate(t, t, index, i) } -> std::same_as<typename O::Tensor>;
  // x_r * g_r, with g_N1
  { ops.scale_rows(t, t) } -> std::same_as<typename O::Tensor>;
  // Routing decision from logits_N1: 1 where sigmoid > 1/2, else 0; straight-through gradient.
  { ops.gate(t) } -> std::same_as<typename O::Tensor>;
  // Whether rows with gate 0 are left out, instead of computed and multiplied by it (as gradients
  // need).
  { ops.skips() } -> std::same_as<bool>;
  // The rows with gate 1, with their part of plan, group bounds and noise levels; nullptr where
  // nothing is left out. Valid until the next call.
  { ops.running_rows(t, plan, index, index, i) } -> std::same_as<const RunningRows*>;
  // x, but row index[i], ascending, is row i of the second.
  { ops.replace_rows(t, index, t) } -> std::same_as<typename O::Tensor>;
  { ops.sigmoid(t) } -> std::same_as<typename O::Tensor>;
  // Of N x F values; a gated one takes N x 2F, the gate's first.
  { ops.activate(t, activation) } -> std::same_as<typename O::Tensor>;
  // x * sigmoid(x)
  { ops.silu(t) } -> std::same_as<typename O::Tensor>;
  // cap * tanh(x / cap)
  { ops.softcap(t, f) } -> std::same_as<typename O::Tensor>;
  // Multi-head attention with rotary positions: q_QD over kv_K(2E), keys first; E divides D, and as
  // many query heads share a head of keys. Per head: logit = rope(norm(q)) . rope(norm(k)) / sqrt(64)
  // + modality_gain; see rope.h. The cache, where there is one, holds the keys and values of earlier
  // tokens and takes the new ones.
  { ops.attention(t, t, weights, plan, cache) } -> std::same_as<typename O::Tensor>;
  // Square kernel i, stride i, zero padding (i - 1) / 2; weight out x (kernel * kernel * in).
  { ops.conv2d(t, t, grid, i, i) } -> std::same_as<typename O::Tensor>;
  // y_i = sum_j w_KC[j] * x[index[i * K + j]], per channel.
  { ops.depthwise(t, t, index) } -> std::same_as<typename O::Tensor>;
  { ops.gather_rows(t, index) } -> std::same_as<typename O::Tensor>;
  { ops.concat_rows(list) } -> std::same_as<typename O::Tensor>;
  { ops.concat_cols(t, t) } -> std::same_as<typename O::Tensor>;
  { ops.rows(t, i, i) } -> std::same_as<typename O::Tensor>;  // [begin, end)
  { ops.cols(t, i, i) } -> std::same_as<typename O::Tensor>;  // [begin, end)
  { ops.reshape(t, i, i) } -> std::same_as<typename O::Tensor>;
  // Mean of rows index[bounds[s]..bounds[s+1]) -> S x D.
  { ops.segment_mean(t, index, index) } -> std::same_as<typename O::Tensor>;
  // x / |x| per row
  { ops.normalize_rows(t) } -> std::same_as<typename O::Tensor>;
  { ops.row_count(t) } -> std::convertible_to<int>;
};
// clang-format on

}  // namespace tutti
