// Engine::describe and Engine::score: text out.
#include <algorithm>
#include <chrono>

#include "runtime/sampler.h"
#include "runtime/text_sequence.h"
#include "runtime/text_stream.h"

namespace tutti {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Status check_text_options(const TextOptions& options) {
  if (options.max_tokens < 1)
    return usage_error("max_tokens is " + std::to_string(options.max_tokens) + "; use 1 or more");
  if (!(options.temperature >= 0 && options.temperature <= 100))
    return usage_error("temperature is " + std::to_string(options.temperature) + "; use 0 to 100");
  if (!(options.top_p > 0 && options.top_p <= 1) || options.top_k < 0)
    return usage_error("top_p must lie in (0, 1] and top_k must not be negative");
  return {};
}

// Samples until </s>, a limit, or the listener's false.
Status generate(TextSequence& sequence, const Tokenizer& tokenizer, const TextOptions& options,
                int limit, Clock::time_point start, TextResult& result) {
  Sampler sampler({options.temperature, options.top_k, options.top_p, options.seed});
  TextStream stream;
  Tokens ids;
  for (bool wanted = true; wanted && int(ids.size()) < limit;) {
    const int32_t id = sampler.pick(sequence.logits());
    if (ids.empty()) result.seconds_to_first_token = seconds_since(start);
    if (id == token_end) break;
    ids.push_back(id);
    result.text = tokenizer.decode(ids);
    const std::string piece = stream.advance(result.text);
    if (options.on_text && !piece.empty()) wanted = options.on_text(piece);
    if (wanted && int(ids.size()) < limit) TUTTI_CHECK(sequence.append(id));
  }
  const std::string rest = stream.finish(result.text);
  if (options.on_text && !rest.empty()) options.on_text(rest);
  result.tokens = int(ids.size());
  return {};
}

}  // namespace

Result<TextResult> Engine::describe(const Prompt& prompt, const TextOptions& options) const {
  TUTTI_CHECK(check_text_options(options));
  if (prompt.empty())
    return usage_error("the prompt is empty; give it a text, a picture, a clip or a sound");
  const std::lock_guard lock(state_->mutex);
  const auto start = Clock::now();
  TUTTI_ASSIGN(const ResolvedPrompt resolved,
               resolve_text_prompt(prompt, options, state_->loaded->tokenizer));
  TextSequence sequence(*state_->session);
  TUTTI_CHECK(sequence.prefill(resolved, 1));
  TextResult result;
  result.prompt_tokens = sequence.length();
  // The last token of an answer need not be in the cache.
  const int limit = std::min(options.max_tokens, config().context - result.prompt_tokens + 1);
  TUTTI_CHECK(generate(sequence, state_->loaded->tokenizer, options, limit, start, result));
  result.seconds = seconds_since(start);
  return result;
}

Result<std::vector<double>> Engine::score(const Prompt& prompt,
                                          const std::vector<std::string>& answers,
                                          const TextOptions& options) const {
  const std::lock_guard lock(state_->mutex);
  const Tokenizer& tokenizer = state_->loaded->tokenizer;
  TUTTI_ASSIGN(const ResolvedPrompt resolved, resolve_text_prompt(prompt, options, tokenizer));
  std::vector<Tokens> candidates;
  size_t longest = 1;
  for (const std::string& answer : answers) {
    TUTTI_ASSIGN(Tokens ids, tokenizer.encode(answer));
    longest = std::max(longest, ids.size());
    candidates.push_back(std::move(ids));
  }
  TUTTI_CHECK(check_context(config(), int(std::min(longest, size_t(1) << 30)), "an answer"));

  TextSequence sequence(*state_->session);
  TUTTI_CHECK(sequence.prefill(resolved, int(longest)));
  const int prompt_length = sequence.length();
  TUTTI_CHECK(check_context(config(), prompt_length + int(longest), "the prompt with an answer"));
  const std::vector<float> first(sequence.logits().begin(), sequence.logits().end());
  std::vector<double> scores;
  for (const Tokens& ids : candidates) {
    double score = log_probability(first, ids.empty() ? int32_t(token_end) : ids[0]);
    if (!ids.empty()) TUTTI_CHECK(sequence.append(ids));
    for (size_t i = 0; i < ids.size(); ++i)
      score += log_probability(sequence.logits(int(i)),
                               i + 1 < ids.size() ? ids[i + 1] : int32_t(token_end));
    scores.push_back(score);
    sequence.truncate(prompt_length);
  }
  return scores;
}

}  // namespace tutti
