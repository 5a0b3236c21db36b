// Engine::paint: pictures out.
#include "runtime/paint_request.h"

namespace tutti {

Status PaintRequest::prefill(Session& session) {
  const ModelConfig& config = loaded_.config;
  flow_options_ = flow_options(options_.steps, options_.guidance_scale, options_.seed,
                               config.paint_steps, config.paint_guidance);
  TUTTI_CHECK(check_flow_options(flow_options_));
  TUTTI_ASSIGN(const ResolvedPrompt resolved, resolve_paint_prompt(prompt_, loaded_));
  // Training drops the prompt, but neither <s> nor the marker.
  const ResolvedPrompt unconditional{{}, generation_prompt({}, token_paint), {}};
  flow_.emplace(
      slots, Kind::paint, loaded_.model.heads.paint,
      [](BatchBuilder& builder, std::span<const float> z, float t) { builder.paint(z, t); });
  return flow_->prefill(session, resolved, unconditional, kPaintTokens, flow_options_);
}

Result<bool> PaintRequest::step(Session& session) {
  if (!flow_) {
    TUTTI_CHECK(prefill(session));
    return true;
  }
  TUTTI_ASSIGN(const bool more, flow_->step(session));
  if (more && !options_.on_preview) return true;
  result_ = paint_picture(flow_->clean());
  return more && options_.on_preview(flow_->steps_done(), flow_options_.steps, result_);
}

Result<Picture> Engine::paint(const Prompt& prompt, const PaintOptions& options) const {
  TUTTI_ASSIGN(const auto turn, state_->take_turn());
  PaintRequest request(*state_->loaded, prompt, options);
  TUTTI_CHECK(run(request, *state_->session));
  return request.result();
}

}  // namespace tutti
