#include "engine/text_sequence.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace tutti {
namespace {

// The logits of the text rows from `first_row` on; text comes first among the rows.
CpuTensor forward(Session& session, const Batch& batch, int first_row) {
  CpuOps& ops = session.ops;
  const auto& model = session.loaded().model;
  const auto out = session.loaded().forward(ops, batch, session.caches->layers());
  return model.heads.text_logits(
      ops, ops.rows(out.trunk.x_ND, first_row, batch.row_begin[model.spec.find(Stem::pieces) + 1]),
      model.output());
}

void copy_rows(const CpuTensor& x, int first, int rows, std::vector<float>& to) {
  to.assign(x.row(first), x.row(first) + size_t(rows) * x.cols());
}

}  // namespace

Status TextSequence::prefill(Session& session, const ResolvedPrompt& prompt) {
  const ModelSpec& config = session.loaded().config;
  BatchBuilder builder(config);
  builder.begin_sequence({.adapter = adapter_});
  add_prompt(builder, prompt);
  time_ = builder.time();
  Batch batch = builder.build();
  batch.trunk.slots = {slot_};
  past_ = batch.rows();
  vocabulary_ = config.vocabulary;
  TUTTI_CHECK(check_context(config, past_, "the prompt"));
  session.truncate(slot_, 0);
  const int last = batch.spans.back().first_row + batch.spans.back().rows - 1;
  return session.run([&] {
    const CpuTensor logits = forward(session, batch, last);
    if (session.ops.computing()) copy_rows(logits, 0, logits.rows(), logits_);
  });
}

Status TextSequence::append(Session& session, const Tokens& ids) {
  BatchBuilder builder(session.loaded().config);
  builder.begin_sequence({.past = past_, .time = time_, .adapter = adapter_});
  builder.text(ids);
  Batch batch = builder.build();
  batch.trunk.slots = {slot_};
  TUTTI_CHECK(session.run([&] {
    const CpuTensor logits = forward(session, batch, 0);
    if (session.ops.computing()) copy_rows(logits, 0, logits.rows(), logits_);
  }));
  past_ += int(ids.size());
  time_ += float(ids.size());
  return {};
}

void TextSequence::truncate(Session& session, int length) {
  time_ -= float(past_ - length);
  past_ = length;
  session.truncate(slot_, length);
}

std::span<const float> TextSequence::logits(int row) const {
  return std::span(logits_).subspan(size_t(row) * vocabulary_, vocabulary_);
}

// With the sequences' adapters, in order_: where these are not what they were, in passes of another
// shape.
DecodeBatch::Step& DecodeBatch::step_for(std::span<TextSequence* const> sequences,
                                         const ModelSpec& config) {
  const size_t count = sequences.size();
  order_.resize(count);
  std::iota(order_.begin(), order_.end(), size_t(0));
  std::sort(order_.begin(), order_.end(), [&](size_t a, size_t b) {
    return std::pair(sequences[a]->adapter_, a) < std::pair(sequences[b]->adapter_, b);
  });
  if (steps_.size() <= count) steps_.resize(count + 1);
  Step& step = steps_[count];
  bool same = step.shape > 0;
  if (!same) {
    BatchBuilder builder(config);
    const Tokens any = {0};
    for (size_t s = 0; s < count; ++s) {
      builder.begin_sequence();
      builder.text(any);
    }
    step.batch = builder.build();
    step.batch.trunk.slots.resize(count);
  }
  for (size_t row = 0; row < count; ++row) {
    const int adapter = sequences[order_[row]]->adapter_;
    same = std::exchange(step.batch.row_adapters[row], adapter) == adapter && same;
  }
  if (!same) step.shape = Session::new_shape();
  return step;
}

Status DecodeBatch::append(Session& session, std::span<TextSequence* const> sequences,
                           std::span<const int32_t> ids) {
  const ModelSpec& config = session.loaded().config;
  Step& step = step_for(sequences, config);
  Batch& batch = step.batch;
  const int count = int(sequences.size());
  for (int s = 0; s < count; ++s) batch.trunk.slots[s] = sequences[order_[s]]->slot_;
  const auto plan = [&] {  // the longest that such a pass can be serves them all
    for (int s = 0; s < count; ++s) batch.set_text_step(s, 0, {.past = config.context - 1});
    forward(session, batch, 0);
  };
  const auto pass = [&] {
    for (int s = 0; s < count; ++s) {
      const TextSequence& sequence = *sequences[order_[s]];
      batch.set_text_step(s, ids[order_[s]], {.past = sequence.past_, .time = sequence.time_});
    }
    const CpuTensor logits = forward(session, batch, 0);
    if (!session.ops.computing()) return;
    for (int s = 0; s < count; ++s) copy_rows(logits, s, 1, sequences[order_[s]]->logits_);
  };
  TUTTI_CHECK(session.run_shape(step.shape, plan, pass));
  for (TextSequence* sequence : sequences) {
    sequence->past_ += 1;
    sequence->time_ += 1;
  }
  return {};
}

}  // namespace tutti
