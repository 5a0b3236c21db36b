// From a user's Prompt to segments of a batch, in the formats of format/prompts.h. What is to be
// answered in text is resolved in text_prompt.h.
#pragma once

#include "format/text/prompts.h"
#include "model/batch.h"
#include "runtime/session_state.h"

namespace tutti {

// bad_input unless pictures are 128x128 RGB, clips 16 of them, and mels frames of 80 finite values.
Status check_part(const Part& part);

// Media, in their order, and the text that follows them.
struct ResolvedTurn {
  std::vector<const Part*> media;
  Tokens text;
};
// The last turn of a prompt, and those before it, each with its answer.
struct ResolvedPrompt {
  std::vector<const Part*> media;
  Tokens text;
  std::vector<ResolvedTurn> before;
  bool unheard = false;  // a transcript is wanted, and no sound has anything to hear
};

// too_long where the text of the last turn, which is always read whole, cannot fit the context by
// its bytes alone. Costs nothing, so it comes before all else; resolving a prompt begins with it.
Status check_text_length(const Prompt& prompt, const LoadedModel& loaded);

// What the parts say, joined by spaces, and what they show.
struct Contents {
  std::string text;
  std::vector<const Part*> media;
  bool pictures = false, audio = false;  // clips are pictures

  // usage_error for an answer: it is no part of a single turn.
  Status add(const Part& part);
};

// Whether no sound among them has anything to hear (media/sound_spans.h).
bool all_silent(std::span<const Part* const> media);

// For paint: "<s> text <paint>", audio before it, or both.
Result<ResolvedPrompt> resolve_paint_prompt(const Prompt& prompt, const LoadedModel& loaded);

// Appends a media part to the builder's current sequence; returns its span.
int add_media(BatchBuilder& builder, const Part& part);
void add_prompt(BatchBuilder& builder, const ResolvedPrompt& prompt);
// Rows of the trunk that a media part takes.
int64_t media_rows(const ModelConfig& config, const Part& part);
int64_t media_rows(const ModelConfig& config, const std::vector<const Part*>& media);

}  // namespace tutti
