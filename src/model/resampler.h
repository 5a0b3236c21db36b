// Level 2: a segment (a picture, 16 frames, 0.96 s of sound) becomes a few summary tokens.
// A summary token starts as a linear merge of the neighbours it stands for, plus a learned query,
// and then reads the whole segment by cross-attention (Perceiver Resampler, Flamingo arXiv
// 2204.14198). The merge is what makes it train fast: from the first step each summary knows its
// own place.
#pragma once

#include "model/batch.h"
#include "model/block.h"

namespace tutti {

template <Ops O>
struct Resampler {
  using Tensor = typename O::Tensor;

  // merge: level-1 tokens a summary starts from; queries: summaries a segment.
  template <class Source>
  Resampler(const Scope<Source>& scope, const ModelSpec& spec, int merge, int queries)
      : merge(spec.hierarchy ? merge : 1),
        width(spec.width),
        cross(spec.hierarchy),
        merge_DM(scope.matrix("merge", width, this->merge * width, {.col_parts = this->merge})),
        norm(scope.gain("norm", 1, width)) {
    if (!cross) return;
    queries_QD = scope.table("queries", queries, width, 0.02f);
    query_norm = scope.gain("query_norm", 1, width);
    query = scope.matrix("query", width, width);
    key_value = scope.matrix("key_value", 2 * width, width, {.row_parts = 2});
    attention.query_gain = scope.gain("query_gain", 1, kHeadWidth);
    attention.key_gain = scope.gain("key_gain", 1, kHeadWidth);
    attention.modality_gain = scope.gain("modality_gain", 1, width / kHeadWidth, zeros());
    output = scope.zero_matrix("output", width, width);
  }

  // tokens: level-1 rows in segment order -> summary rows. Rows must be a multiple of `merge`.
  Tensor forward(O& ops, const Tensor& tokens_ND, const SummaryPlan& plan) const {
    const int rows = ops.row_count(tokens_ND);
    const std::array<int32_t, 2> bounds = {0, rows};
    const Tensor clean = ops.rms_norm(tokens_ND, norm, bounds);
    Tensor x = ops.linear(ops.reshape(clean, rows / merge, merge * width), merge_DM);
    if (!cross) return x;
    x = ops.add(x, ops.embedding(queries_QD, plan.query_index));
    const std::array<int32_t, 2> summary_bounds = {0, rows / merge};
    const Tensor q = ops.norm_linear(x, {query_norm, summary_bounds}, query);
    const Tensor read =
        ops.attention(q, ops.linear(clean, key_value), attention, plan.attention, nullptr);
    return ops.linear_join(read, output, {x, summary_bounds});
  }

  int merge, width;
  bool cross;
  Tensor merge_DM, norm, queries_QD, query_norm, query, key_value;
  AttentionWeights<Tensor> attention;
  Tensor output;
};

}  // namespace tutti
