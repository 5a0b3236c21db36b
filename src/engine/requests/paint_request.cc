#include "engine/requests/paint_request.h"

namespace tutti {
namespace {

constexpr char kPaint = 0;  // its address is the key of a pass

}  // namespace

Status PaintRequest::check() const {
  TUTTI_CHECK(require(*model(), Stem::noisy, "paint"));
  TUTTI_CHECK(check_kinds(*prompt_, *model()));
  TUTTI_CHECK(check_flow_options(flow_options(options_, model()->config, Stem::noisy)));
  return check_text_length(*prompt_, *model());
}

Status PaintRequest::prefill(Session& session) {
  const int modality = model()->config.find(Stem::noisy);
  const ModalitySpec& painted = model()->config.modalities[size_t(modality)];
  flow_options_ = flow_options(options_, model()->config, Stem::noisy);
  TUTTI_ASSIGN(const ResolvedPrompt resolved, resolve_paint_prompt(*prompt_, *model()));
  // Training drops the prompt, but neither <s> nor the marker.
  const ResolvedPrompt unconditional{{}, generation_prompt({}, token_paint), {}};
  flow_.emplace(
      slots, modality, model()->model.heads.values[size_t(modality)],
      [](BatchBuilder& builder, std::span<const float> z, float t) { builder.paint(z, t); },
      model().adapter);
  return flow_->prefill(session, resolved, unconditional, painted.tokens, flow_options_);
}

// After a step: whether another is to come.
bool PaintRequest::show(bool more) {
  if (more && !options_.on_preview) return true;
  result_ = paint_picture(flow_->clean());
  return more && !*cancelled &&
         options_.on_preview(flow_->steps_done(), flow_options_.steps, result_);
}

Result<bool> PaintRequest::step(Session& session) {
  if (!flow_) {
    TUTTI_CHECK(prefill(session));
    return true;
  }
  TUTTI_ASSIGN(const bool more, flow_->step(session));
  return show(more);
}

Sharing PaintRequest::sharing() const {
  return flow_ ? Sharing{.key = &kPaint, .rows = flow_->rows()} : Sharing{};
}

void PaintRequest::step_together(Session& session, std::span<ModelRequest* const> requests,
                                 std::span<Result<bool>> results) {
  std::vector<GuidedFlow*> flows;
  for (ModelRequest* request : requests)
    flows.push_back(&*static_cast<PaintRequest*>(request)->flow_);
  const Status status = GuidedFlow::step_together(session, flows);
  for (size_t i = 0; i < requests.size(); ++i)
    results[i] = status
                     ? Result<bool>(static_cast<PaintRequest*>(requests[i])->show(flows[i]->more()))
                     : status.error();
}

}  // namespace tutti
