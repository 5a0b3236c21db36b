// The one transformer block, used by every level of the hierarchy.
// Names carry shapes: N rows, D width, G modality groups, M noise levels.
#pragma once

#include <optional>
#include <vector>

#include "model/ops.h"
#include "model/params.h"

namespace tutti {

// What a block is told about its rows, apart from the rows themselves.
template <class Tensor>
struct BlockContext {
  const AttentionPlan& plan;
  std::span<const int32_t> bounds;  // G + 1 row bounds of the modality groups
  // Timestep modulation of the rows from first_noisy on; empty for clean rows.
  const Tensor* modulation_M4D = nullptr;
  std::span<const int32_t> noise_index;
  int first_noisy = 0;
  const Tensor* gate_N1 = nullptr;  // routing: 0 leaves a row as it is
  const RowAdapters<Tensor>* adapters = nullptr;
};

template <Ops O>
struct Block {
  using Tensor = typename O::Tensor;

  // With the norms and the feed-forward of each group.
  template <class Source>
  Block(const Scope<Source>& scope, int width, std::span<const GroupSpec> groups,
        const BlockSpec& spec = {})
      : width(width), activation(spec.activation), eps(spec.eps) {
    const int heads = width / kHeadWidth, count = int(groups.size());
    const int kv_width = kHeadWidth * (spec.kv_heads ? spec.kv_heads : heads);
    const bool layer_norm = spec.norm == BlockSpec::Norm::layer;
    attention_norm_GD = scope.gain("attention_norm", count, width);
    if (layer_norm) attention_shift_GD = scope.gain("attention_shift", count, width, zeros());
    query =
        scope.template linear<Tensor>("query", width, width, {.shard = Axis::rows}, spec.qkv_bias);
    key_value = scope.template linear<Tensor>("key_value", 2 * kv_width, width,
                                              {.shard = Axis::rows, .row_parts = 2}, spec.qkv_bias);
    if (spec.qk_norm) {
      attention.query_gain = scope.gain("query_gain", 1, kHeadWidth);
      attention.key_gain = scope.gain("key_gain", 1, kHeadWidth);
    }
    // A single group's gain is learned by the models of version 1, and changes nothing.
    if (count > 1 || spec.qk_norm)
      attention.modality_gain =
          scope.gain("modality_gain", count * count, heads, zeros(), {.shard = Axis::cols});
    attention.rope = RopeRates(spec.rope);
    output = scope.template zero_linear<Tensor>("output", width, width, {.shard = Axis::cols},
                                                spec.bias);
    ffn_norm_GD = scope.gain("ffn_norm", count, width);
    if (layer_norm) ffn_shift_GD = scope.gain("ffn_shift", count, width, zeros());
    for (int g = 0; g < count; ++g) add_feed_forward(scope, groups, g, spec);
  }

  Tensor forward(O& ops, const Tensor& x_ND, const BlockContext<Tensor>& context,
                 typename O::Cache* cache = nullptr) const {
    if (context.gate_N1 && !context.adapters)
      if (const RunningRows* some = ops.running_rows(*context.gate_N1, context.plan, context.bounds,
                                                     context.noise_index, context.first_noisy))
        return forward_some(ops, x_ND, context, *some, cache);
    const auto [q_ND, kv_N2D] =
        ops.norm_linear(x_ND, attention_norm(ops, context), query, key_value);
    const Tensor a_ND = ops.attention(q_ND, kv_N2D, attention, context.plan, cache);
    const Tensor h_ND = ops.linear_join(a_ND, output, join(ops, x_ND, context, 1));
    // ReLU^2 (Primer, arXiv 2109.08668) by default: two products where SwiGLU needs three, and
    // sparse.
    return ops.feed_forward(h_ND, ffn_norm(ops, context), up, activation, down,
                            join(ops, h_ND, context, 3));
  }

  int width;
  Activation activation;
  float eps;
  Tensor attention_norm_GD, ffn_norm_GD;
  std::optional<Tensor> attention_shift_GD, ffn_shift_GD;  // of layer norms
  Linear<Tensor> query, key_value, output;
  AttentionWeights<Tensor> attention;
  std::vector<Linear<Tensor>> up, down;  // by group

 private:
  template <class Source>
  void add_feed_forward(const Scope<Source>& scope, std::span<const GroupSpec> groups, int g,
                        const BlockSpec& spec) {
    const std::string suffix = groups.size() > 1 ? "_" + groups[g].name : "";
    const auto own = groups.size() > 1 ? scope.of_group(g) : scope;
    const bool gated = is_gated(activation);
    const int hidden = groups[g].ffn, rows = gated ? 2 * hidden : hidden;
    up.push_back(own.template linear<Tensor>(
        "up" + suffix, rows, width,
        {Axis::rows, Axis::rows, /*row_parts=*/gated ? 2 : 1, /*col_parts=*/1, gated}, spec.bias));
    down.push_back(own.template zero_linear<Tensor>(
        "down" + suffix, width, hidden, {.shard = Axis::cols, .elastic = Axis::cols}, spec.bias));
  }

  PreNorm<Tensor> attention_norm(O& ops, const BlockContext<Tensor>& context) const {
    return {attention_norm_GD,
            context.bounds,
            modulation(ops, context, 0),
            eps,
            attention_shift_GD ? &*attention_shift_GD : nullptr,
            context.adapters};
  }
  PreNorm<Tensor> ffn_norm(O& ops, const BlockContext<Tensor>& context) const {
    return {ffn_norm_GD,
            context.bounds,
            modulation(ops, context, 2),
            eps,
            ffn_shift_GD ? &*ffn_shift_GD : nullptr,
            context.adapters};
  }

  // The same values for less work, where a gate is known to be 0 or 1: N rows of keys and values,
  // the rest for the R rows that run.
  Tensor forward_some(O& ops, const Tensor& x_ND, const BlockContext<Tensor>& all,
                      const RunningRows& some, typename O::Cache* cache) const {
    const BlockContext<Tensor> context = {some.plan, some.bounds, all.modulation_M4D,
                                          some.noise_index, some.first_noisy};
    const Tensor x_RD = ops.gather_rows(x_ND, some.rows);
    const Tensor q_RD = ops.norm_linear(x_RD, attention_norm(ops, context), query);
    const Tensor kv_N2D = ops.norm_linear(x_ND, attention_norm(ops, all), key_value);
    const Tensor a_RD = ops.attention(q_RD, kv_N2D, attention, some.plan, cache);
    const Tensor h_RD = ops.linear_join(a_RD, output, join(ops, x_RD, context, 1));
    const Tensor y_RD = ops.feed_forward(h_RD, ffn_norm(ops, context), up, activation, down,
                                         join(ops, h_RD, context, 3));
    return ops.replace_rows(x_ND, some.rows, y_RD);
  }

  // Slot 0 and 2 scale the branch's input, 1 and 3 its output (outputs begin at zero through
  // `output` and `down`).
  Modulation<Tensor> modulation(O& ops, const BlockContext<Tensor>& context, int slot) const {
    if (!context.modulation_M4D) return {};
    return {ops.cols(*context.modulation_M4D, slot * width, (slot + 1) * width),
            context.noise_index, context.first_noisy};
  }

  Join<Tensor> join(O& ops, const Tensor& x_ND, const BlockContext<Tensor>& context,
                    int slot) const {
    return {x_ND, context.bounds, modulation(ops, context, slot), context.gate_N1,
            context.adapters};
  }
};

}  // namespace tutti
