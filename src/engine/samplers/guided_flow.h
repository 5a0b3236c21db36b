// Flow matching on the model: the clean prompt runs once and stays in the caches, then every step
// runs the noisy tokens alone: with and without the prompt as two sequences of one batch where it
// is guided, else with the prompt alone.
#pragma once

#include <array>
#include <optional>

#include "engine/samplers/flow_sampler.h"
#include "engine/prompt.h"
#include "runtime/request.h"

namespace tutti {

// What was asked for; steps 0 and a negative guidance scale leave it to the model.
inline FlowOptions flow_options(int steps, float guidance_scale, uint64_t seed, int model_steps,
                                float model_guidance) {
  return {steps ? steps : model_steps, guidance_scale < 0 ? model_guidance : guidance_scale, seed};
}

// One picture or one piece of speech. Between calls it is in its slots of the caches and here; each
// call may come on another session.
class GuidedFlow {
 public:
  // Appends noisy tokens `z` at noise level t to the builder's sequence.
  using AddNoisy = std::function<void(BatchBuilder&, std::span<const float> z, float t)>;

  // head: from trunk rows to clean values, on rows of `kind`.
  GuidedFlow(Slots slots, Kind kind, const CpuTensor& head, AddNoisy add_noisy)
      : slots_(slots), kind_(kind), head_(head), add_noisy_(std::move(add_noisy)) {}

  // Runs the prompt for `tokens` noisy tokens to follow. bad_input if it is too long. Without
  // guidance, `unconditional` is not run. The options passed check_flow_options().
  Status prefill(Session& session, const ResolvedPrompt& prompt,
                 const ResolvedPrompt& unconditional, int tokens, const FlowOptions& options);
  // One evaluation; false once it was the last.
  Result<bool> step(Session& session);

  int steps_done() const { return sampler_->step(); }
  // The clean values as predicted now, and after the last step the result.
  const std::vector<float>& clean() const { return sampler_->clean(); }

 private:
  Batch noisy_batch(const ModelConfig& config) const;

  Slots slots_;
  Kind kind_;
  CpuTensor head_;
  AddNoisy add_noisy_;
  std::optional<FlowSampler> sampler_;
  Batch batch_;  // of the steps: all of one shape while sequences_ and layers_ stay
  uint64_t shape_ = 0;
  int tokens_ = 0, sequences_ = 1;
  int layers_ = 0;  // that painted rows may run at this noise level
  std::array<int, Session::kSequences> past_ = {};
  std::array<float, Session::kSequences> time_ = {};
};

}  // namespace tutti
