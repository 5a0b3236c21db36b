// Attention for training on CPUs: one task per (sequence, head), everything in L2, recomputed in
// the backward pass (at these lengths, 20 to 400 tokens, recomputing costs less than storing).
// Conventions as in cpu_kernels.h.
#pragma once

#include "model/layout.h"
#include "train/backend/cpu_kernels.h"

namespace tutti::kernels {

// See model/ops.h. q: rows x (heads * 64); kv: rows x (2 * heads * 64), keys first.
struct AttentionInputs {
  const bf16* q;
  const bf16* kv;
  const float* query_gain;     // 64
  const float* key_gain;       // 64
  const float* modality_gain;  // (groups * groups) x heads
  int groups, heads;
  const AttentionPlan* plan;
  const float* query_rotation;  // per query-list entry: 32 cosines, 32 sines
  const float* key_rotation;
};
struct AttentionGradients {
  bf16* dq;
  bf16* dkv;
  float* dquery_gain;
  float* dkey_gain;
  float* dmodality_gain;
};
void attention(const AttentionInputs& in, bf16* out);
void attention_backward(const AttentionInputs& in, const bf16* dout,
                        const AttentionGradients& grad);

}  // namespace tutti::kernels
