// A prompt that is answered in text: a conversation as one sequence, in the form in which training
// asks several questions about one picture (format/text/prompts.h; draw::questions in data/mix).
//
//   IMAGE  <user> how many? <assistant> three  <user> what colour? <assistant>
//
// A turn is what stands between two answers. In front of a sequence that begins with text there is
// <s>. Where the context does not hold everything:
//   - the last turn is always read whole, and room is kept for its answer: max_tokens, at most a
//     quarter of the context;
//   - where it shows nothing itself, the pictures, clips and sounds of the latest turn that does
//     are kept: they are what is being talked about;
//   - earlier turns are read as far back as they fit, the newest first, each whole or not at all.
// Of a turn whose answer is empty (it failed, or was no text) only the media are read. An answer
// that nothing was said before is not read.
#pragma once

#include "engine/prompt.h"

namespace tutti {

// An empty prompt is free text (to score). too_long where the last turn does not fit; usage_error
// where the task does not fit the parts, or where the prompt ends with an answer. `answer`: tokens
// of one that is known already, for all of which room is kept.
Result<ResolvedPrompt> resolve_text_prompt(const Prompt& prompt, const TextOptions& options,
                                           const LoadedModel& loaded, int answer = 0);

// What the last turn is asked where `asked` is automatic, else `asked`; and usage_error where that
// does not fit what the turn says and the conversation shows. Both go by the parts' kinds and
// texts, so nothing need be decoded yet.
TextOptions::Task task_of(const Prompt& prompt, TextOptions::Task asked);
Status check_task(const Prompt& prompt, TextOptions::Task asked);

// Whether the last turn is one sound, to be written down: then the CTC head spells it, which in
// tutti-nano hears better than the text decoder (docs/evaluation.md).
bool only_transcribes(const Prompt& prompt, TextOptions::Task asked);

}  // namespace tutti
