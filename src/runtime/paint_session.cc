// Engine::paint: pictures out.
#include "runtime/guided_flow.h"

namespace tutti {

Result<Picture> Engine::paint(const Prompt& prompt, const PaintOptions& options) const {
  const FlowOptions flow_options{options.steps, options.guidance_scale, options.seed};
  TUTTI_CHECK(check_flow_options(flow_options));
  const std::lock_guard lock(state_->mutex);
  TUTTI_ASSIGN(const ResolvedPrompt resolved,
               resolve_paint_prompt(prompt, state_->loaded->tokenizer));
  // Training drops the prompt, but neither <s> nor the marker.
  const ResolvedPrompt unconditional{{}, generation_prompt({}, token_paint)};

  GuidedFlow flow(
      *state_->session, Kind::paint, state_->loaded->model.heads.paint,
      [](BatchBuilder& builder, std::span<const float> z, float t) { builder.paint(z, t); });
  TUTTI_CHECK(flow.prefill(resolved, unconditional, kPaintTokens, options.guidance_scale != 1));
  TUTTI_ASSIGN(const std::vector<float> patches, flow.sample(flow_options));
  return paint_picture(patches);
}

}  // namespace tutti
