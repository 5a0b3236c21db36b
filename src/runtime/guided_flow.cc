#include "runtime/guided_flow.h"

namespace tutti {

Status GuidedFlow::prefill(const ResolvedPrompt& prompt, const ResolvedPrompt& unconditional,
                           int tokens, bool guided) {
  tokens_ = tokens;
  sequences_ = guided ? 2 : 1;
  BatchBuilder builder(session_.loaded.config);
  for (int s = 0; s < sequences_; ++s) {
    builder.begin_sequence();
    add_prompt(builder, s == 0 ? prompt : unconditional);
    time_[s] = builder.time();
  }
  const Batch batch = builder.build();
  for (int s = 0; s < sequences_; ++s) {
    past_[s] = batch.trunk.query_offsets[s + 1] - batch.trunk.query_offsets[s];
    TUTTI_CHECK(check_context(session_.loaded.config, past_[s] + tokens,
                              "the prompt and what it asks for"));
  }
  session_.clear_caches();
  const auto pass = [&] {
    session_.loaded.model.forward(session_.ops, batch, session_.cache_pointers);
  };
  return session_.run(pass);
}

Batch GuidedFlow::noisy_batch(std::span<const float> z, float t) const {
  BatchBuilder builder(session_.loaded.config);
  for (int s = 0; s < sequences_; ++s) {
    builder.begin_sequence(past_[s], time_[s]);
    add_noisy_(builder, z, t);
  }
  return builder.build();
}

Status GuidedFlow::predict(std::span<const float> z, float t, FlowPrediction& prediction) {
  CpuOps& ops = session_.ops;
  const auto pass = [&] {
    const auto out = session_.loaded.model.forward(ops, batch_, session_.cache_pointers);
    const int begin = batch_.kind_begin[int(kind_)], end = batch_.kind_begin[int(kind_) + 1];
    const CpuTensor x = ops.linear(ops.rows(out.trunk.x_ND, begin, end), head_);
    if (!ops.computing()) return;
    prediction.conditional.assign(x.row(0), x.row(0) + z.size());
    if (sequences_ > 1) prediction.unconditional.assign(x.row(tokens_), x.row(0) + 2 * z.size());
  };
  // The first step's batch and plan serve them all.
  if (t == 0) {
    batch_ = noisy_batch(z, t);
    TUTTI_CHECK(ops.reserve(pass));
  } else {
    batch_.set_noisy(kind_, z, t);
    ops.repeat();
  }
  pass();
  TUTTI_CHECK(ops.status());
  for (int s = 0; s < sequences_; ++s) session_.truncate(s, past_[s]);
  return {};
}

Result<std::vector<float>> GuidedFlow::sample(const FlowOptions& options) {
  return sample_flow(size_t(tokens_) * head_.rows(), options,
                     [&](std::span<const float> z, float t, FlowPrediction& prediction) {
                       return predict(z, t, prediction);
                     });
}

}  // namespace tutti
