// Flow matching on the model: the clean prompt runs once and stays in the caches, then every step
// runs the noisy tokens alone, with and without the prompt as two sequences of one batch.
#pragma once

#include <array>

#include "runtime/flow.h"
#include "runtime/prompt.h"

namespace tutti {

// What was asked for; steps 0 and a negative guidance scale leave it to the model.
inline FlowOptions flow_options(int steps, float guidance_scale, uint64_t seed, int model_steps,
                                float model_guidance) {
  return {steps ? steps : model_steps, guidance_scale < 0 ? model_guidance : guidance_scale, seed};
}

// One picture or one piece of speech. Uses the session's arena and caches.
class GuidedFlow {
 public:
  // Appends noisy tokens `z` at noise level t to the builder's sequence.
  using AddNoisy = std::function<void(BatchBuilder&, std::span<const float> z, float t)>;

  // head: from trunk rows to clean values, on rows of `kind`.
  GuidedFlow(Session& session, Kind kind, const CpuTensor& head, AddNoisy add_noisy)
      : session_(session), kind_(kind), head_(head), add_noisy_(std::move(add_noisy)) {}

  // Runs the prompt for `tokens` noisy tokens to follow. bad_input if it is too long. Without
  // guidance, `unconditional` is not run.
  Status prefill(const ResolvedPrompt& prompt, const ResolvedPrompt& unconditional, int tokens,
                 bool guided);
  Result<std::vector<float>> sample(const FlowOptions& options);

 private:
  Batch noisy_batch(std::span<const float> z, float t) const;
  Status predict(std::span<const float> z, float t, FlowPrediction& prediction);

  Session& session_;
  Kind kind_;
  CpuTensor head_;
  AddNoisy add_noisy_;
  Batch batch_;  // of the steps: all of one shape
  int tokens_ = 0, sequences_ = 1;
  std::array<int, Session::kSequences> past_ = {};
  std::array<float, Session::kSequences> time_ = {};
};

}  // namespace tutti
