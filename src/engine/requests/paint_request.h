// A picture as a request: the prompt in one step, then a step of the flow at a time, which several
// of them can take in one pass.
#pragma once

#include "engine/samplers/guided_flow.h"
#include "engine/shared_prompt.h"

namespace tutti {

class PaintRequest : public RequestFor<Picture> {
 public:
  PaintRequest(ModelHandle model, SharedPrompt prompt, PaintOptions options)
      : RequestFor(std::move(model), {.name = "paint", .slots = 2, .patient = true}),
        prompt_(std::move(prompt)),
        options_(std::move(options)) {}

  Status check() const override;
  Result<bool> step(Session& session) override;
  Sharing sharing() const override;
  void step_together(Session& session, std::span<ModelRequest* const> requests,
                     std::span<Result<bool>> results) override;

 private:
  Status prefill(Session& session);
  bool show(bool more);

  const SharedPrompt prompt_;
  const PaintOptions options_;
  FlowOptions flow_options_;
  std::optional<GuidedFlow> flow_;
};

}  // namespace tutti
