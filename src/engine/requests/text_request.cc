#include "engine/requests/text_request.h"

#include <algorithm>

#include "engine/text_prompt.h"
#include "format/text/languages.h"

namespace tutti {
namespace {

constexpr char kDecode = 0;  // its address is the key of a pass
constexpr int kBriefTokens = 64;
constexpr std::chrono::milliseconds kTokenTime{
    50};  // 20 tokens a second are as fast as people read

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

TextRequest::TextRequest(ModelHandle model, SharedPrompt prompt, TextOptions options)
    : RequestFor(std::move(model),
                 {.name = "text", .slots = 1, .brief = options.max_tokens <= kBriefTokens}),
      prompt_(std::move(prompt)),
      options_(std::move(options)),
      start_(std::chrono::steady_clock::now()),
      sampler_({options_.temperature, options_.top_k, options_.top_p, options_.seed}),
      decoder_(this->model()->tokenizer) {}

Status TextRequest::check() const {
  TUTTI_CHECK(check_text_options(options_));
  if (prompt_->empty())
    return usage_error(
        "the prompt is empty; give it a text, a picture, a clip, a sound or a cloud");
  TUTTI_CHECK(check_text_length(*prompt_, *model()));
  return check_kinds(*prompt_, *model());
}

Sharing TextRequest::sharing() const {
  return decoding() ? Sharing{.key = &kDecode, .gathers = true} : Sharing{};
}

SteadyTime TextRequest::due(SteadyTime, SteadyTime now) {
  return now + kTokenTime;
}

Status TextRequest::prefill(Session& session) {
  TUTTI_ASSIGN(const ResolvedPrompt resolved, resolve_text_prompt(*prompt_, options_, *model()));
  unheard_ = resolved.unheard;
  if (unheard_) return {};
  sequence_ = TextSequence(slots[0], model().adapter);
  TUTTI_CHECK(sequence_.prefill(session, resolved));
  result_.prompt_tokens = sequence_.length();
  // The last token of an answer need not be in the cache.
  limit_ = std::min(options_.max_tokens, model()->config.context - result_.prompt_tokens + 1);
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
    more = tell(piece);
  }
  result_.cut = more && int(ids_.size()) >= limit_;
  if (more && !result_.cut) return true;
  result_.text = decoder_.text();
  const std::string rest = stream_.finish(result_.text);
  tell(rest);
  result_.tokens = int(ids_.size());
  result_.seconds = seconds_since(start_);
  return false;
}

// False where nobody wants more.
bool TextRequest::tell(const std::string& piece) const {
  if (*cancelled) return false;
  return !options_.on_text || piece.empty() || options_.on_text(piece);
}

Result<bool> TextRequest::step(Session& session) {
  if (decoding()) {
    ModelRequest* const alone = this;
    Result<bool> result = false;
    step_together(session, {&alone, 1}, {&result, 1});
    return result;
  }
  TUTTI_CHECK(prefill(session));
  if (unheard_) return false;  // nothing was said
  return take_token();
}

void TextRequest::step_together(Session& session, std::span<ModelRequest* const> requests,
                                std::span<Result<bool>> results) {
  constexpr size_t kMost = 64;  // at a time
  for (size_t begin = 0; begin < requests.size(); begin += kMost) {
    const size_t count = std::min(kMost, requests.size() - begin);
    std::array<TextRequest*, kMost> texts;
    std::array<TextSequence*, kMost> sequences;
    std::array<int32_t, kMost> ids;
    for (size_t i = 0; i < count; ++i) {
      texts[i] = static_cast<TextRequest*>(requests[begin + i]);
      sequences[i] = &texts[i]->sequence_;
      ids[i] = texts[i]->ids_.back();
    }
    const Status status = session.decoding().append(session, std::span(sequences).first(count),
                                                    std::span(ids).first(count));
    for (size_t i = 0; i < count; ++i)
      results[begin + i] = status ? Result<bool>(texts[i]->take_token()) : status.error();
  }
}

}  // namespace tutti
