// The one transformer block, used by every level of the hierarchy.
// Names carry shapes: N rows, D width, G modality groups, M noise levels.
#pragma once

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
};

template <Ops O>
struct Block {
  using Tensor = typename O::Tensor;

  // `hidden` holds the feed-forward width of each group.
  template <class Source>
  Block(const Scope<Source>& scope, int width, std::span<const int> hidden)
      : width(width),
        attention_norm_GD(scope.gain("attention_norm", int(hidden.size()), width)),
        query_DD(scope.matrix("query", width, width)),
        key_value_2DD(scope.matrix("key_value", 2 * width, width)),
        attention{scope.gain("query_gain", 1, kHeadWidth), scope.gain("key_gain", 1, kHeadWidth),
                  scope.get("modality_gain", int(hidden.size() * hidden.size()), width / kHeadWidth,
                            zeros())},
        output_DD(scope.zero_matrix("output", width, width)),
        ffn_norm_GD(scope.gain("ffn_norm", int(hidden.size()), width)) {
    for (size_t g = 0; g < hidden.size(); ++g) {
      const std::string suffix = hidden.size() > 1 ? std::string("_") + kGroupNames[g] : "";
      up.push_back(scope.matrix("up" + suffix, hidden[g], width));
      down.push_back(scope.zero_matrix("down" + suffix, width, hidden[g]));
    }
  }

  Tensor forward(O& ops, const Tensor& x_ND, const BlockContext<Tensor>& context,
                 typename O::Cache* cache = nullptr) const {
    if (context.gate_N1)
      if (const RunningRows* some = ops.running_rows(*context.gate_N1, context.plan, context.bounds,
                                                     context.noise_index, context.first_noisy))
        return forward_some(ops, x_ND, context, *some, cache);
    const auto [q_ND, kv_N2D] =
        ops.norm_linear(x_ND, {attention_norm_GD, context.bounds, modulation(ops, context, 0)},
                        query_DD, key_value_2DD);
    const Tensor a_ND = ops.attention(q_ND, kv_N2D, attention, context.plan, cache);
    const Tensor h_ND = ops.linear_join(a_ND, output_DD, join(ops, x_ND, context, 1));
    // ReLU^2 (Primer, arXiv 2109.08668): two products where SwiGLU needs three, and sparse.
    return ops.feed_forward(h_ND, {ffn_norm_GD, context.bounds, modulation(ops, context, 2)}, up,
                            down, join(ops, h_ND, context, 3));
  }

  int width;
  Tensor attention_norm_GD, query_DD, key_value_2DD;
  AttentionWeights<Tensor> attention;
  Tensor output_DD, ffn_norm_GD;
  std::vector<Tensor> up, down;

 private:
  // The same values for less work, where a gate is known to be 0 or 1: N rows of keys and values,
  // the rest for the R rows that run.
  Tensor forward_some(O& ops, const Tensor& x_ND, const BlockContext<Tensor>& all,
                      const RunningRows& some, typename O::Cache* cache) const {
    const BlockContext<Tensor> context = {some.plan, some.bounds, all.modulation_M4D,
                                          some.noise_index, some.first_noisy};
    const Tensor x_RD = ops.gather_rows(x_ND, some.rows);
    const Tensor q_RD = ops.norm_linear(
        x_RD, {attention_norm_GD, some.bounds, modulation(ops, context, 0)}, query_DD);
    const Tensor kv_N2D = ops.norm_linear(
        x_ND, {attention_norm_GD, all.bounds, modulation(ops, all, 0)}, key_value_2DD);
    const Tensor a_RD = ops.attention(q_RD, kv_N2D, attention, some.plan, cache);
    const Tensor h_RD = ops.linear_join(a_RD, output_DD, join(ops, x_RD, context, 1));
    const Tensor y_RD =
        ops.feed_forward(h_RD, {ffn_norm_GD, some.bounds, modulation(ops, context, 2)}, up, down,
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
    return {x_ND, context.bounds, modulation(ops, context, slot), context.gate_N1};
  }
};

}  // namespace tutti
