// Engine::describe and Engine::score: text out.
#include <algorithm>

#include "engine/text_prompt.h"
#include "engine/requests/text_request.h"

namespace tutti {

Result<TextResult> Engine::describe(const Prompt& prompt, const TextOptions& options) const {
  TUTTI_ASSIGN(const auto turn, state_->take_turn());
  TextRequest request(*state_->loaded, prompt, options);
  TUTTI_CHECK(run(request, *state_->session));
  return request.result();
}

Result<std::vector<double>> Engine::score(const Prompt& prompt,
                                          const std::vector<std::string>& answers,
                                          const TextOptions& options) const {
  TUTTI_ASSIGN(const auto turn, state_->take_turn());
  TUTTI_ASSIGN(const ResolvedPrompt resolved,
               resolve_text_prompt(prompt, options, *state_->loaded));
  std::vector<Tokens> candidates;
  size_t longest = 1;
  for (const std::string& answer : answers) {
    TUTTI_ASSIGN(Tokens ids, encode_within_context(*state_->loaded, answer, "an answer"));
    longest = std::max(longest, ids.size());
    candidates.push_back(std::move(ids));
  }

  Session& session = *state_->session;
  TextSequence sequence;
  TUTTI_CHECK(sequence.prefill(session, resolved));
  const int prompt_length = sequence.length();
  TUTTI_CHECK(check_context(config(), int64_t(prompt_length) + int64_t(longest),
                            "the prompt with an answer"));
  const std::vector<float> first(sequence.logits().begin(), sequence.logits().end());
  std::vector<double> scores;
  for (const Tokens& ids : candidates) {
    double score = log_probability(first, ids.empty() ? int32_t(token_end) : ids[0]);
    if (!ids.empty()) TUTTI_CHECK(sequence.append(session, ids));
    for (size_t i = 0; i < ids.size(); ++i)
      score += log_probability(sequence.logits(int(i)),
                               i + 1 < ids.size() ? ids[i + 1] : int32_t(token_end));
    scores.push_back(score);
    sequence.truncate(session, prompt_length);
  }
  return scores;
}

}  // namespace tutti
