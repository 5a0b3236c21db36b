// Flow matching on the model: the clean prompt runs once and stays in the caches, then every step
// runs the noisy tokens alone: with and without the prompt as two sequences of one batch where it
// is guided, else with the prompt alone.
#pragma once

#include <array>
#include <optional>

#include "engine/prompt.h"
#include "engine/requests/model_request.h"
#include "engine/samplers/flow_sampler.h"

namespace tutti {

// What was asked for, of a modality that the model has; steps 0 and a negative guidance scale leave
// it to the model.
template <class Asked>
FlowOptions flow_options(const Asked& asked, const ModelSpec& spec, Stem stem) {
  const ModalitySpec& own = spec.modalities[size_t(spec.find(stem))];
  return {asked.steps ? asked.steps : own.steps,
          asked.guidance_scale < 0 ? own.guidance : asked.guidance_scale, asked.seed};
}

// One picture or one piece of speech. Between calls it is in its slots of the caches and here; each
// call may come on another session.
class GuidedFlow {
 public:
  // Appends noisy tokens `z` at noise level t to the builder's sequence.
  using AddNoisy = std::function<void(BatchBuilder&, std::span<const float> z, float t)>;

  // head: from trunk rows to clean values, on rows of the modality. adapter: as ModelHandle has it;
  // both branches have it.
  GuidedFlow(Slots slots, int modality, const CpuTensor& head, AddNoisy add_noisy, int adapter = -1)
      : slots_(slots),
        modality_(modality),
        head_(head),
        add_noisy_(std::move(add_noisy)),
        adapter_(adapter) {}

  // Runs the prompt for `tokens` noisy tokens to follow. bad_input if it is too long. Without
  // guidance, `unconditional` is not run. The options passed check_flow_options().
  Status prefill(Session& session, const ResolvedPrompt& prompt,
                 const ResolvedPrompt& unconditional, int tokens, const FlowOptions& options);
  // One evaluation; false once it was the last.
  Result<bool> step(Session& session);
  // The same of several of one modality in one pass, at whatever noise levels; more() tells.
  static Status step_together(Session& session, std::span<GuidedFlow* const> flows);
  bool more() const { return !sampler_->done(); }
  // Of the next evaluation's pass.
  int rows() const { return tokens_ * (sampler_->guided() ? 2 : 1); }

  int steps_done() const { return sampler_->step(); }
  // The clean values as predicted now, and after the last step the result.
  const std::vector<float>& clean() const { return sampler_->clean(); }

 private:
  void narrow();
  void add_to(BatchBuilder& builder) const;
  Batch noisy_batch(const ModelSpec& config) const;
  void read(const CpuTensor& x, int first_row);
  void end_step(Session& session);

  Slots slots_;
  int modality_;
  CpuTensor head_;
  AddNoisy add_noisy_;
  int adapter_;
  std::optional<FlowSampler> sampler_;
  Batch batch_;  // of the steps: all of one shape while sequences_ and layers_ stay
  uint64_t shape_ = 0;
  int tokens_ = 0, sequences_ = 1;
  int layers_ = 0;  // that its rows may run at this noise level
  std::array<int, Session::kSequences> past_ = {};
  std::array<float, Session::kSequences> time_ = {};
};

}  // namespace tutti
