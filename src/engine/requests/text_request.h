// Engine::describe as a request: the prompt in one step, then a token a step. Several of them can
// take their next tokens in one pass.
#pragma once

#include <chrono>

#include "runtime/request.h"
#include "engine/samplers/sampler.h"
#include "engine/text_sequence.h"
#include "engine/text_stream.h"

namespace tutti {

class TextRequest : public StepRequest {
 public:
  // `loaded` and `prompt` must outlive it.
  TextRequest(const LoadedModel& loaded, const Prompt& prompt, const TextOptions& options);

  Result<bool> step(Session& session) override;

  // Whether the prompt has been read: the next step is one more token.
  bool decoding() const { return !ids_.empty(); }
  // That step of several requests that are decoding: more[i] tells whether request i goes on.
  static Status step_together(Session& session, DecodeBatch& batch,
                              std::span<TextRequest* const> requests, std::vector<bool>& more);

  const TextResult& result() const { return result_; }

 private:
  Status prefill(Session& session);
  bool take_token();

  const LoadedModel& loaded_;
  const Prompt& prompt_;
  const TextOptions options_;
  const std::chrono::steady_clock::time_point start_;
  TextSequence sequence_;
  Sampler sampler_;
  TextStream stream_;
  TokenDecoder decoder_;
  Tokens ids_;  // the last one is not in the caches yet
  int limit_ = 0;
  bool unheard_ = false;
  DecodeBatch alone_;
  TextResult result_;
};

}  // namespace tutti
