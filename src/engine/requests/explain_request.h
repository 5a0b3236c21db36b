// Who attends to whom while a prompt is read, as a request.
#pragma once

#include "engine/requests/model_request.h"
#include "engine/shared_prompt.h"

namespace tutti {

// Attention is observed in all sequences of a cache, so it has one of its own while it runs.
class ExplainRequest : public RequestFor<AttentionShare> {
 public:
  ExplainRequest(ModelHandle model, SharedPrompt prompt, TextOptions options)
      : RequestFor(std::move(model), {.name = "explain", .brief = true, .patient = true}),
        prompt_(std::move(prompt)),
        options_(std::move(options)) {}

  Status check() const override;
  Result<bool> step(Session& session) override;

 private:
  const SharedPrompt prompt_;
  const TextOptions options_;
};

}  // namespace tutti
