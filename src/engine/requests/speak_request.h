// Speech as a request. Its steps: durations of a stretch of text; then for each piece of it
// the prompt, the steps of the flow, and the vocoder half a second at a time.
#pragma once

#include <chrono>
#include <deque>

#include "engine/samplers/guided_flow.h"
#include "engine/speech/vocoder_stream.h"

namespace tutti {

class SpeakRequest : public RequestFor<SpeakResult> {
 public:
  SpeakRequest(ModelHandle model, std::string text, SpeakOptions options);

  Status check() const override;
  Result<bool> step(Session& session) override;
  // Before who listens has heard what was delivered.
  SteadyTime due(SteadyTime accepted, SteadyTime now) override;

 private:
  struct Piece {
    std::string text;
    Tokens ids;
    std::vector<int32_t> alignment;
  };

  Status begin();
  Result<bool> plan_piece(Session& session, std::string text);
  Status begin_piece(Session& session);
  Status flow_step(Session& session);
  Result<bool> vocode_step(Session& session);
  Result<bool> finish();
  bool deliver(const std::vector<float>& samples);
  double seconds() const;

  const SpeakOptions options_;
  const std::chrono::steady_clock::time_point start_;
  FlowOptions flow_options_;
  bool begun_ = false;
  std::deque<std::string> pending_;  // text whose durations are not known yet
  Piece piece_;                      // being spoken
  std::optional<GuidedFlow> flow_;
  std::vector<float> mel_;  // of the piece
  size_t vocoded_ = 0;      // values of it
  VocoderStream vocoder_;
  size_t delivered_ = 0;      // samples
  size_t heard_ = 0;          // of them, when the last step was made due
  SteadyTime heard_until_{};  // when who listens will have heard those
};

}  // namespace tutti
