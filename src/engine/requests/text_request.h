// Engine::describe as a request: the prompt in one step, then a token a step. Several of them can
// take their next tokens in one pass.
#pragma once

#include <chrono>

#include "engine/requests/model_request.h"
#include "engine/samplers/sampler.h"
#include "engine/shared_prompt.h"
#include "engine/text_sequence.h"
#include "engine/text_stream.h"

namespace tutti {

class TextRequest : public RequestFor<TextResult> {
 public:
  TextRequest(ModelHandle model, SharedPrompt prompt, TextOptions options);

  Status check() const override;
  Result<bool> step(Session& session) override;
  Sharing sharing() const override;
  void step_together(Session& session, std::span<ModelRequest* const> requests,
                     std::span<Result<bool>> results) override;
  SteadyTime due(SteadyTime accepted, SteadyTime now) override;

 private:
  // Whether the prompt has been read: the next step is one more token.
  bool decoding() const { return !ids_.empty(); }
  Status prefill(Session& session);
  bool take_token();
  bool tell(const std::string& piece) const;

  const SharedPrompt prompt_;
  const TextOptions options_;
  const std::chrono::steady_clock::time_point start_;
  TextSequence sequence_;
  Sampler sampler_;
  TextStream stream_;
  TokenDecoder decoder_;
  Tokens ids_;  // the last one is not in the caches yet
  int limit_ = 0;
  bool unheard_ = false;
};

}  // namespace tutti
