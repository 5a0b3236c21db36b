#include "engine/requests/text_request.h"

#include <algorithm>

#include "format/text/languages.h"
#include "engine/text_prompt.h"

namespace tutti {
namespace {

Status check_text_options(const TextOptions& options) {
  if (options.max_tokens < 1)
    return usage_error("max_tokens is " + std::to_string(options.max_tokens) + "; use 1 or more");
  if (!(options.temperature >= 0 && options.temperature <= 100))
    return usage_error("temperature is " + std::to_string(options.temperature) + "; use 0 to 100");
  if (!(options.top_p > 0 && options.top_p <= 1) || options.top_k < 0)
    return usage_error("top_p must lie in (0, 1] and top_k must not be negative");
  // Also where it changes nothing: a tag that is wrong is a mistake.
  if (const auto known = resolve_language(options.language); !known)
    return usage_error("language " + known.error().message());
  return {};
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TextRequest::TextRequest(const LoadedModel& loaded, const Prompt& prompt,
                         const TextOptions& options)
    : loaded_(loaded),
      prompt_(prompt),
      options_(options),
      start_(std::chrono::steady_clock::now()),
      sampler_({options.temperature, options.top_k, options.top_p, options.seed}),
      decoder_(loaded.tokenizer) {}

Status TextRequest::prefill(Session& session) {
  TUTTI_CHECK(check_text_options(options_));
  if (prompt_.empty())
    return usage_error("the prompt is empty; give it a text, a picture, a clip or a sound");
  TUTTI_ASSIGN(const ResolvedPrompt resolved, resolve_text_prompt(prompt_, options_, loaded_));
  unheard_ = resolved.unheard;
  if (unheard_) return {};
  sequence_ = TextSequence(slots[0]);
  TUTTI_CHECK(sequence_.prefill(session, resolved));
  result_.prompt_tokens = sequence_.length();
  // The last token of an answer need not be in the cache.
  limit_ = std::min(options_.max_tokens, loaded_.config.context - result_.prompt_tokens + 1);
  return {};
}

// Samples from the logits until </s>, a limit, or the listener's false; whether another follows.
bool TextRequest::take_token() {
  const int32_t id = sampler_.pick(sequence_.logits());
  if (ids_.empty()) result_.seconds_to_first_token = seconds_since(start_);
  bool more = id != token_end;
  if (more) {
    ids_.push_back(id);
    const std::string piece = stream_.advance(decoder_.push(id));
    if (options_.on_text && !piece.empty()) more = options_.on_text(piece);
  }
  result_.cut = more && int(ids_.size()) >= limit_;
  if (more && !result_.cut) return true;
  result_.text = decoder_.text();
  const std::string rest = stream_.finish(result_.text);
  if (options_.on_text && !rest.empty()) options_.on_text(rest);
  result_.tokens = int(ids_.size());
  result_.seconds = seconds_since(start_);
  return false;
}

Result<bool> TextRequest::step(Session& session) {
  if (decoding()) {
    TextSequence* sequence = &sequence_;
    TUTTI_CHECK(alone_.append(session, {&sequence, 1}, {&ids_.back(), 1}));
  } else {
    TUTTI_CHECK(prefill(session));
    if (unheard_) return false;  // nothing was said
  }
  return take_token();
}

Status TextRequest::step_together(Session& session, DecodeBatch& batch,
                                  std::span<TextRequest* const> requests, std::vector<bool>& more) {
  constexpr int kMost = 64;  // at a time
  more.assign(requests.size(), false);
  for (size_t begin = 0; begin < requests.size(); begin += kMost) {
    const auto part = requests.subspan(begin, std::min<size_t>(kMost, requests.size() - begin));
    std::array<TextSequence*, kMost> sequences;
    std::array<int32_t, kMost> ids;
    for (size_t i = 0; i < part.size(); ++i) {
      sequences[i] = &part[i]->sequence_;
      ids[i] = part[i]->ids_.back();
    }
    TUTTI_CHECK(batch.append(session, std::span(sequences).first(part.size()),
                             std::span(ids).first(part.size())));
    for (size_t i = 0; i < part.size(); ++i) more[begin + i] = part[i]->take_token();
  }
  return {};
}

}  // namespace tutti
