#include "engine/samplers/guided_flow.h"

#include <utility>

namespace tutti {

Status GuidedFlow::prefill(Session& session, const ResolvedPrompt& prompt,
                           const ResolvedPrompt& unconditional, int tokens,
                           const FlowOptions& options) {
  tokens_ = tokens;
  sequences_ = options.guidance_scale != 1 ? 2 : 1;
  const ModelSpec& config = session.loaded().config;
  BatchBuilder builder(config);
  for (int s = 0; s < sequences_; ++s) {
    builder.begin_sequence({.adapter = adapter_});
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
  TUTTI_CHECK(
      session.run([&] { session.loaded().forward(session.ops, batch, session.caches->layers()); }));
  sampler_.emplace(size_t(tokens_) * head_.rows(), options);
  batch_ = noisy_batch(config);
  shape_ = Session::new_shape();
  return {};
}

// The last of several evaluations: the prompt's sequence alone.
void GuidedFlow::narrow() {
  sequences_ = sampler_->guided() ? 2 : 1;
}

void GuidedFlow::add_to(BatchBuilder& builder) const {
  for (int s = 0; s < sequences_; ++s) {
    builder.begin_sequence({.past = past_[s], .time = time_[s], .adapter = adapter_});
    add_noisy_(builder, sampler_->z(), sampler_->t());
  }
}

Batch GuidedFlow::noisy_batch(const ModelSpec& config) const {
  BatchBuilder builder(config);
  add_to(builder);
  Batch batch = builder.build();
  batch.trunk.slots.assign(slots_.begin(), slots_.begin() + sequences_);
  return batch;
}

// x: clean values of noisy rows, those of this sample from first_row on.
void GuidedFlow::read(const CpuTensor& x, int first_row) {
  FlowPrediction& prediction = sampler_->prediction();
  const size_t values = sampler_->z().size();
  const float* const clean = x.row(first_row);
  prediction.conditional.assign(clean, clean + values);
  if (sequences_ > 1) prediction.unconditional.assign(clean + values, clean + 2 * values);
}

void GuidedFlow::end_step(Session& session) {
  for (int s = 0; s < sequences_; ++s) session.truncate(slots_[s], past_[s]);
  sampler_->advance();
}

Result<bool> GuidedFlow::step(Session& session) {
  narrow();
  if (int(batch_.trunk.slots.size()) != sequences_) {
    batch_ = noisy_batch(session.loaded().config);
    shape_ = Session::new_shape();
  }
  const int layers = session.loaded().model.trunk.layers_at(modality_, sampler_->t());
  if (std::exchange(layers_, layers) != layers) shape_ = Session::new_shape();
  CpuOps& ops = session.ops;
  const auto pass = [&] {
    const auto out = session.loaded().forward(ops, batch_, session.caches->layers());
    const int begin = batch_.row_begin[modality_], end = batch_.row_begin[modality_ + 1];
    const CpuTensor x = ops.linear(ops.rows(out.trunk.x_ND, begin, end), head_);
    if (ops.computing()) read(x, 0);
  };
  batch_.set_noisy(modality_, sampler_->z(), sampler_->t());
  TUTTI_CHECK(session.run_shape(shape_, pass, pass));
  end_step(session);
  return more();
}

Status GuidedFlow::step_together(Session& session, std::span<GuidedFlow* const> flows) {
  const size_t modality = size_t(flows[0]->modality_);
  BatchBuilder builder(session.loaded().config);
  std::vector<int32_t> slots;
  for (GuidedFlow* flow : flows) {
    flow->narrow();
    flow->add_to(builder);
    slots.insert(slots.end(), flow->slots_.begin(), flow->slots_.begin() + flow->sequences_);
  }
  Batch batch = builder.build();
  batch.trunk.slots.assign(slots.begin(), slots.end());
  CpuOps& ops = session.ops;
  TUTTI_CHECK(session.run([&] {
    const auto out = session.loaded().forward(ops, batch, session.caches->layers());
    const CpuTensor x = ops.linear(
        ops.rows(out.trunk.x_ND, batch.row_begin[modality], batch.row_begin[modality + 1]),
        flows[0]->head_);
    if (!ops.computing()) return;
    int row = 0;
    for (GuidedFlow* flow : flows) {
      flow->read(x, row);
      row += flow->tokens_ * flow->sequences_;
    }
  }));
  for (GuidedFlow* flow : flows) flow->end_step(session);
  return {};
}

}  // namespace tutti
