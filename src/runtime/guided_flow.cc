#include "engine/samplers/guided_flow.h"

#include <utility>

namespace tutti {

Status GuidedFlow::prefill(Session& session, const ResolvedPrompt& prompt,
                           const ResolvedPrompt& unconditional, int tokens,
                           const FlowOptions& options) {
  tokens_ = tokens;
  sequences_ = options.guidance_scale != 1 ? 2 : 1;
  const ModelConfig& config = session.loaded.config;
  BatchBuilder builder(config);
  for (int s = 0; s < sequences_; ++s) {
    builder.begin_sequence();
    add_prompt(builder, s == 0 ? prompt : unconditional);
    time_[s] = builder.time();
  }
  Batch batch = builder.build();
  batch.trunk.slots.assign(slots_.begin(), slots_.begin() + sequences_);
  for (int s = 0; s < sequences_; ++s) {
    past_[s] = batch.trunk.query_offsets[s + 1] - batch.trunk.query_offsets[s];
    TUTTI_CHECK(check_context(config, past_[s] + tokens, "the prompt and what it asks for"));
    session.truncate(slots_[s], 0);
  }
  TUTTI_CHECK(session.run(
      [&] { session.loaded.model.forward(session.ops, batch, session.caches->layers()); }));
  sampler_.emplace(size_t(tokens_) * head_.rows(), options);
  batch_ = noisy_batch(config);
  shape_ = Session::new_shape();
  return {};
}

Batch GuidedFlow::noisy_batch(const ModelConfig& config) const {
  BatchBuilder builder(config);
  for (int s = 0; s < sequences_; ++s) {
    builder.begin_sequence(past_[s], time_[s]);
    add_noisy_(builder, sampler_->z(), sampler_->t());
  }
  Batch batch = builder.build();
  batch.trunk.slots.assign(slots_.begin(), slots_.begin() + sequences_);
  return batch;
}

Result<bool> GuidedFlow::step(Session& session) {
  if (const int wanted = sampler_->guided() ? 2 : 1; wanted != sequences_) {
    sequences_ = wanted;  // the last of several evaluations: the prompt's sequence alone
    batch_ = noisy_batch(session.loaded.config);
    shape_ = Session::new_shape();
  }
  const int layers = kind_ == Kind::paint ? session.loaded.model.trunk.layers_at(sampler_->t()) : 0;
  if (std::exchange(layers_, layers) != layers) shape_ = Session::new_shape();
  CpuOps& ops = session.ops;
  const size_t values = sampler_->z().size();
  FlowPrediction& prediction = sampler_->prediction();
  const auto pass = [&] {
    const auto out = session.loaded.model.forward(ops, batch_, session.caches->layers());
    const int begin = batch_.kind_begin[int(kind_)], end = batch_.kind_begin[int(kind_) + 1];
    const CpuTensor x = ops.linear(ops.rows(out.trunk.x_ND, begin, end), head_);
    if (!ops.computing()) return;
    prediction.conditional.assign(x.row(0), x.row(0) + values);
    if (sequences_ > 1) prediction.unconditional.assign(x.row(tokens_), x.row(0) + 2 * values);
  };
  batch_.set_noisy(kind_, sampler_->z(), sampler_->t());
  TUTTI_CHECK(session.run_shape(shape_, pass, pass));
  for (int s = 0; s < sequences_; ++s) session.truncate(slots_[s], past_[s]);
  sampler_->advance();
  return !sampler_->done();
}

}  // namespace tutti
