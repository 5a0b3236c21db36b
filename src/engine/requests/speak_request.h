// Engine::speak as a request. Its steps: durations of a stretch of text; then for each piece of it
// the prompt, the steps of the flow, and the vocoder half a second at a time.
#pragma once

#include <chrono>
#include <deque>

#include "engine/samplers/guided_flow.h"
#include "engine/speech/vocoder_stream.h"

namespace tutti {

class SpeakRequest : public StepRequest {
 public:
  // `loaded` must outlive it.
  SpeakRequest(const LoadedModel& loaded, std::string text, const SpeakOptions& options);

  Result<bool> step(Session& session) override;

  // Seconds of sound delivered so far.
  double seconds_delivered() const { return result_.sound.seconds(); }
  SpeakResult& result() { return result_; }

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

  const LoadedModel& loaded_;
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
  SpeakResult result_;
};

}  // namespace tutti
