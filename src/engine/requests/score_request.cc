#include "engine/requests/score_request.h"

#include <algorithm>

#include "engine/samplers/sampler.h"
#include "engine/text_prompt.h"

namespace tutti {
namespace {

constexpr size_t kScoredAtOnce = 64;  // of a pass: each has logits for the whole vocabulary

}  // namespace

ScoreRequest::ScoreRequest(ModelHandle model, SharedPrompt prompt, std::vector<std::string> answers,
                           TextOptions options)
    : RequestFor(std::move(model), {.name = "score", .slots = 1, .brief = answers.size() <= 16}),
      prompt_(std::move(prompt)),
      answers_(std::move(answers)),
      options_(std::move(options)) {}

Status ScoreRequest::check() const {
  TUTTI_CHECK(check_text_length(*prompt_, *model()));
  TUTTI_CHECK(check_kinds(*prompt_, *model()));
  for (const std::string& answer : answers_)
    TUTTI_CHECK(check_length(*model(), answer.size(), "an answer"));
  return {};
}

Status ScoreRequest::tokenise() {
  fault_ = candidates_.size();
  TUTTI_ASSIGN(Tokens ids, encode_within_context(*model(), answers_[*fault_], "an answer"));
  fault_.reset();
  if (candidates_.empty() || ids.size() > candidates_[longest_].size())
    longest_ = candidates_.size();
  candidates_.push_back(std::move(ids));
  return {};
}

Status ScoreRequest::prefill(Session& session) {
  const ModelSpec& config = model()->config;
  const int longest = candidates_.empty() ? 0 : int(candidates_[longest_].size());
  TUTTI_ASSIGN(const ResolvedPrompt resolved,
               resolve_text_prompt(*prompt_, options_, *model(), longest));
  if (const int64_t prompt = rows_of(config, resolved); prompt <= config.context) {
    fault_ = longest_;
    TUTTI_CHECK(check_context(config, prompt + longest, "the prompt with an answer"));
    fault_.reset();
  }
  sequence_ = TextSequence(slots[0], model().adapter);
  TUTTI_CHECK(sequence_.prefill(session, resolved));
  first_.assign(sequence_.logits().begin(), sequence_.logits().end());
  return {};
}

Result<double> ScoreRequest::score_next(Session& session) {
  const Tokens& ids = candidates_[result_.size()];
  const auto id_at = [&](size_t i) { return i < ids.size() ? ids[i] : int32_t(token_end); };
  const int prompt_length = sequence_.length();
  double score = log_probability(first_, id_at(0));
  for (size_t begin = 0; begin < ids.size(); begin += kScoredAtOnce) {
    const auto first = ids.begin() + ptrdiff_t(begin);
    const size_t rows = std::min(kScoredAtOnce, ids.size() - begin);
    TUTTI_CHECK(sequence_.append(session, Tokens(first, first + ptrdiff_t(rows))));
    for (size_t i = 0; i < rows; ++i)
      score += log_probability(sequence_.logits(int(i)), id_at(begin + i + 1));
  }
  sequence_.truncate(session, prompt_length);
  return score;
}

Result<bool> ScoreRequest::step(Session& session) {
  if (candidates_.size() < answers_.size()) {
    TUTTI_CHECK(tokenise());
    return true;
  }
  if (first_.empty()) {
    TUTTI_CHECK(prefill(session));
    return !candidates_.empty();
  }
  TUTTI_ASSIGN(const double score, score_next(session));
  result_.push_back(score);
  return result_.size() < candidates_.size();
}

}  // namespace tutti
