// A prompt in the caches, and the text that goes on from it.
#pragma once

#include "runtime/prompt.h"

namespace tutti {

// Sequence 0 of the session's caches. One at a time.
class TextSequence {
 public:
  explicit TextSequence(Session& session) : session_(session) {}

  // Runs the prompt, whose last token is text; makes room for later passes of up to `step` tokens.
  // Leaves the logits of the prompt's last token. bad_input if it does not fit the context.
  Status prefill(const ResolvedPrompt& prompt, int step);

  // Appends tokens, which must fit the context; leaves the logits behind each of them.
  Status append(const Tokens& ids);
  // Of one token: allocates nothing from the second time on.
  Status append(int32_t id);

  // Forgets all but the first `length` tokens. Only text may be forgotten.
  void truncate(int length);

  int length() const { return past_; }
  std::span<const float> logits(int row = 0) const;

 private:
  Batch batch_of(const Tokens& ids, int past, float time) const;
  void forward(const Batch& batch, int first_row);

  Session& session_;
  int past_ = 0;
  float time_ = 0;  // the clock behind the last token
  std::vector<float> logits_;
  Batch step_;  // of one token
};

}  // namespace tutti
