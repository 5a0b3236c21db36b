#include "runtime/text_sequence.h"

#include <algorithm>

namespace tutti {

Status TextSequence::prefill(const ResolvedPrompt& prompt, int step) {
  const ModelConfig& config = session_.loaded.config;
  CpuOps& ops = session_.ops;
  BatchBuilder builder(config);
  builder.begin_sequence();
  add_prompt(builder, prompt);
  time_ = builder.time();
  const Batch batch = builder.build();
  past_ = batch.rows();
  TUTTI_CHECK(check_context(config, past_, "the prompt"));
  session_.clear_caches();

  const int last = batch.spans.back().first_row + batch.spans.back().rows - 1;
  TUTTI_CHECK(session_.run([&] { forward(batch, last); }));
  // The largest that a later pass can be: `step` tokens at the end of a full context. Its plan
  // serves them all.
  step = std::min(step, config.context);
  const Batch longest = batch_of(Tokens(step), config.context - step, 0);
  return ops.reserve([&] { forward(longest, 0); });
}

Status TextSequence::append(const Tokens& ids) {
  session_.ops.repeat();
  forward(batch_of(ids, past_, time_), 0);
  past_ += int(ids.size());
  time_ += float(ids.size());
  return session_.ops.status();
}

Status TextSequence::append(int32_t id) {
  if (step_.spans.empty()) step_ = batch_of({id}, past_, time_);
  step_.set_text_step(id, past_, time_);
  session_.ops.repeat();
  forward(step_, 0);
  past_ += 1;
  time_ += 1;
  return session_.ops.status();
}

void TextSequence::truncate(int length) {
  time_ -= float(past_ - length);
  past_ = length;
  session_.truncate(0, length);
}

std::span<const float> TextSequence::logits(int row) const {
  const size_t vocabulary = size_t(session_.loaded.config.vocabulary);
  return std::span(logits_).subspan(size_t(row) * vocabulary, vocabulary);
}

Batch TextSequence::batch_of(const Tokens& ids, int past, float time) const {
  BatchBuilder builder(session_.loaded.config);
  builder.begin_sequence(past, time);
  builder.text(ids);
  return builder.build();
}

// Logits of the text rows from `first_row` on; text comes first among the rows.
void TextSequence::forward(const Batch& batch, int first_row) {
  CpuOps& ops = session_.ops;
  const auto& model = session_.loaded.model;
  const auto out = model.forward(ops, batch, session_.cache_pointers);
  const CpuTensor logits = model.heads.text_logits(
      ops, ops.rows(out.trunk.x_ND, first_row, batch.kind_begin[1]), model.pieces);
  if (ops.computing())
    logits_.assign(logits.row(0), logits.row(0) + size_t(logits.rows()) * logits.cols());
}

}  // namespace tutti
