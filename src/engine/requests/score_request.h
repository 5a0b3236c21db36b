// How likely the model finds each of several answers, as a request: for closed sets of answers. Its
// steps: the tokens of an answer each, the prompt, then the score of an answer each.
#pragma once

#include <optional>

#include "engine/requests/model_request.h"
#include "engine/shared_prompt.h"
#include "engine/text_sequence.h"

namespace tutti {

// Log-likelihoods in nats, in the order of the answers. An empty prompt scores them as free text.
// The prompt is read as far back as leaves room for the longest answer, and for options.max_tokens.
class ScoreRequest : public RequestFor<std::vector<double>> {
 public:
  ScoreRequest(ModelHandle model, SharedPrompt prompt, std::vector<std::string> answers,
               TextOptions options);

  Status check() const override;
  Result<bool> step(Session& session) override;

  // The answer that an error is of, as its index; else it is of the prompt.
  std::optional<size_t> fault() const { return fault_; }

 private:
  Status tokenise();
  Status prefill(Session& session);
  Result<double> score_next(Session& session);

  const SharedPrompt prompt_;
  const std::vector<std::string> answers_;
  const TextOptions options_;
  std::vector<Tokens> candidates_;
  size_t longest_ = 0;  // of them
  std::optional<size_t> fault_;
  TextSequence sequence_;
  std::vector<float> first_;  // logits behind the prompt
};

}  // namespace tutti
