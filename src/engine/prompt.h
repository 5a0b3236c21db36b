// From a user's Prompt to segments of a batch, in the formats of format/text/prompts.h. What is to
// be answered in text is resolved in text_prompt.h.
#pragma once

#include "engine/session.h"
#include "format/text/prompts.h"
#include "model/batch.h"

namespace tutti {

// bad_input unless pictures are 128x128 RGB, clips 16 of them, mels frames of 80 finite values, and
// rows finite numbers with as many places.
Status check_part(const Part& part);
Status check_mel(const Mel& mel);

// ErrorCode::unsupported where the model does not take such a part; bad_input where its rows, which
// passed check_part(), are of other sizes.
Status require(const LoadedModel& loaded, const Part& part);
// The former of all parts, whatever is in them.
Status check_kinds(const Prompt& prompt, const LoadedModel& loaded);

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
  bool pictures = false, audio = false;  // clips and rows are pictures

  // usage_error for an answer, which is no part of a single turn, and for what the model does not
  // take.
  Status add(const Part& part, const LoadedModel& loaded);
};

// Whether no sound among them has anything to hear (media/dsp/sound_spans.h).
bool all_silent(std::span<const Part* const> media);

// For paint: "<s> text <paint>", audio before it, or both.
Result<ResolvedPrompt> resolve_paint_prompt(const Prompt& prompt, const LoadedModel& loaded);

// Appends a media part to the builder's current sequence; returns its span.
int add_media(BatchBuilder& builder, const Part& part);
void add_prompt(BatchBuilder& builder, const ResolvedPrompt& prompt);
// Rows of the trunk that a media part takes.
int64_t media_rows(const ModelSpec& config, const Part& part);
// Tokens of the first level that it has before.
int64_t local_rows(const ModelSpec& config, const Part& part);
int64_t media_rows(const ModelSpec& config, const std::vector<const Part*>& media);
int64_t rows_of(const ModelSpec& config, const ResolvedPrompt& prompt);

}  // namespace tutti
