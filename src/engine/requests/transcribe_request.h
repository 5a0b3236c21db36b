// Transcripts as a request: what the CTC head hears, greedily, without a language model; and how
// likely it finds given texts.
#pragma once

#include "engine/requests/model_request.h"
#include "engine/speech/ctc_text.h"
#include "media/dsp/sound_spans.h"

namespace tutti {

// Steps: as many of the spans in which there is something to hear as make a pass worth its while,
// and those of other requests with them. "" in silence (media/dsp/sound_spans.h).
class TranscribeRequest : public RequestFor<Transcript> {
 public:
  TranscribeRequest(ModelHandle model, std::shared_ptr<const Mel> mel);

  Status check() const override;
  Result<bool> step(Session& session) override;
  Sharing sharing() const override;
  void step_together(Session& session, std::span<ModelRequest* const> requests,
                     std::span<Result<bool>> results) override;

 private:
  class Pass;

  Status listen();
  void take(ConstMatrix logits, const SoundSpan& span);
  bool more();

  const std::shared_ptr<const Mel> mel_;
  bool listened_ = false;
  std::vector<SoundSpan> sounds_, spans_;
  size_t next_ = 0;  // of spans_
};

// Log-likelihood in nats of each text under the CTC head; for closed sets of spoken words.
class SpellingRequest : public RequestFor<std::vector<double>> {
 public:
  // `mel` and `texts` must outlive it.
  SpellingRequest(ModelHandle model, const Mel& mel, const std::vector<std::string>& texts)
      : RequestFor(std::move(model), {.name = "spell", .brief = true}), mel_(mel), texts_(texts) {}

  Status check() const override;
  Result<bool> step(Session& session) override;

 private:
  const Mel& mel_;
  const std::vector<std::string>& texts_;
};

}  // namespace tutti
