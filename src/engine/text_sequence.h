// A prompt in the caches, and the text that goes on from it; alone or several sequences at once.
#pragma once

#include "engine/prompt.h"

namespace tutti {

// One sequence, in one slot of the caches. Each call may come on another session.
class TextSequence {
 public:
  // adapter: as ModelHandle has it.
  explicit TextSequence(int slot = 0, int adapter = -1) : slot_(slot), adapter_(adapter) {}

  // Runs the prompt, whose last token is text. Leaves the logits of that token. bad_input if it
  // does not fit the context.
  Status prefill(Session& session, const ResolvedPrompt& prompt);

  // Appends tokens, which must fit the context; leaves the logits behind each of them.
  Status append(Session& session, const Tokens& ids);

  // Forgets all but the first `length` tokens. Only text may be forgotten.
  void truncate(Session& session, int length);

  int length() const { return past_; }
  // Behind the given one of the last pass's tokens.
  std::span<const float> logits(int row = 0) const;

 private:
  friend class DecodeBatch;

  int slot_, adapter_;
  int past_ = 0;
  float time_ = 0;  // the clock behind the last token
  int vocabulary_ = 0;
  std::vector<float> logits_;
};

// Appends one token to each of several sequences in one pass. Each gets the same logits as if it
// were alone: rows of a pass never mix but in attention, and that keeps to its sequence.
// What is read most, the weights, is then read once for all of them, whatever their adapters.
class DecodeBatch {
 public:
  // Allocates nothing the second time with as many sequences.
  Status append(Session& session, std::span<TextSequence* const> sequences,
                std::span<const int32_t> ids);

 private:
  struct Step {
    Batch batch;
    uint64_t shape = 0;  // of its rows' adapters
  };
  Step& step_for(std::span<TextSequence* const> sequences, const ModelSpec& config);

  std::vector<Step> steps_;    // by the number of sequences
  std::vector<size_t> order_;  // of the sequences in the pass: those with one adapter side by side
};

}  // namespace tutti
