// Engine::paint: pictures out.
#include "runtime/guided_flow.h"

namespace tutti {

Result<Picture> Engine::paint(const Prompt& prompt, const PaintOptions& options) const {
  const ModelConfig& config = state_->loaded->config;
  const FlowOptions flow_asked = flow_options(options.steps, options.guidance_scale, options.seed,
                                              config.paint_steps, config.paint_guidance);
  TUTTI_CHECK(check_flow_options(flow_asked));
  const std::lock_guard lock(state_->mutex);
  TUTTI_ASSIGN(const ResolvedPrompt resolved,
               resolve_paint_prompt(prompt, state_->loaded->tokenizer));
  // Training drops the prompt, but neither <s> nor the marker.
  const ResolvedPrompt unconditional{{}, generation_prompt({}, token_paint)};

  GuidedFlow flow(
      *state_->session, Kind::paint, state_->loaded->model.heads.paint,
      [](BatchBuilder& builder, std::span<const float> z, float t) { builder.paint(z, t); });
  TUTTI_CHECK(flow.prefill(resolved, unconditional, kPaintTokens, flow_asked.guidance_scale != 1));
  TUTTI_ASSIGN(const std::vector<float> patches, flow.sample(flow_asked));
  return paint_picture(patches);
}

}  // namespace tutti
