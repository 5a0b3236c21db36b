// Embeddings as a request: vectors of any number of parts, as many of them a pass as make it worth
// its while, and those of other requests with them.
#pragma once

#include <functional>

#include "engine/requests/model_request.h"
#include "engine/shared_prompt.h"

namespace tutti {

class EmbedRequest : public RequestFor<std::vector<std::vector<float>>> {
 public:
  // In order. `tokens`: of a text, without <s>; 0 of other parts.
  using OnVector = std::function<void(size_t index, std::vector<float> vector, int tokens)>;

  // Where `on_vector` takes them, the result has none. An error is of the part behind the last
  // vector.
  EmbedRequest(ModelHandle model, SharedPrompt parts, OnVector on_vector = {});

  Status check() const override;
  Result<bool> step(Session& session) override;
  Sharing sharing() const override;
  void step_together(Session& session, std::span<ModelRequest* const> requests,
                     std::span<Result<bool>> results) override;
  SteadyTime due(SteadyTime accepted, SteadyTime now) override;

 private:
  class Pass;

  void take(std::vector<float> vector, int tokens);

  const SharedPrompt parts_;
  const OnVector on_vector_;
  size_t next_ = 0;
};

}  // namespace tutti
