// Engine::paint as a request: the prompt in one step, then a step of the flow at a time.
#pragma once

#include "engine/samplers/guided_flow.h"

namespace tutti {

class PaintRequest : public StepRequest {
 public:
  // `loaded` and `prompt` must outlive it.
  PaintRequest(const LoadedModel& loaded, const Prompt& prompt, const PaintOptions& options)
      : loaded_(loaded), prompt_(prompt), options_(options) {}

  Result<bool> step(Session& session) override;

  const Picture& result() const { return result_; }

 private:
  Status prefill(Session& session);

  const LoadedModel& loaded_;
  const Prompt& prompt_;
  const PaintOptions options_;
  FlowOptions flow_options_;
  std::optional<GuidedFlow> flow_;
  Picture result_;
};

}  // namespace tutti
