// The waveform of a mel by the model's vocoder, as a request: half a second a step.
#pragma once

#include "engine/requests/model_request.h"
#include "engine/speech/vocoder_stream.h"

namespace tutti {

class VocodeRequest : public RequestFor<Sound> {
 public:
  // `mel` must outlive it.
  VocodeRequest(ModelHandle model, const Mel& mel)
      : RequestFor(std::move(model), {.name = "vocode"}), mel_(mel), vocoder_(*this->model()) {}

  Status check() const override;
  Result<bool> step(Session& session) override;

 private:
  const Mel& mel_;
  VocoderStream vocoder_;
  size_t done_ = 0;  // values
};

}  // namespace tutti
