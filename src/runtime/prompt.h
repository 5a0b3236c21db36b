// From a user's Prompt to segments of a batch, in the formats of format/prompts.h.
#pragma once

#include "format/prompts.h"
#include "model/batch.h"
#include "runtime/session_state.h"

namespace tutti {

// bad_input unless pictures are 128x128 RGB, clips 16 of them, and mels frames of 80 finite values.
Status check_part(const Part& part);

// A prompt's media, in their order, and the text that follows them.
struct ResolvedPrompt {
  std::vector<const Part*> media;
  Tokens text;
};

// For text out; an empty prompt is free text (to score). usage_error where the task does not fit
// the parts.
Result<ResolvedPrompt> resolve_text_prompt(const Prompt& prompt, const TextOptions& options,
                                           const Tokenizer& tokenizer);
// For paint: "<s> text <paint>", audio before it, or both.
Result<ResolvedPrompt> resolve_paint_prompt(const Prompt& prompt, const Tokenizer& tokenizer);

// Appends a media part to the builder's current sequence; returns its span.
int add_media(BatchBuilder& builder, const Part& part);
void add_prompt(BatchBuilder& builder, const ResolvedPrompt& prompt);

}  // namespace tutti
