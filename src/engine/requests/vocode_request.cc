#include "engine/requests/vocode_request.h"

#include <algorithm>

#include "engine/prompt.h"

namespace tutti {

Status VocodeRequest::check() const {
  return require(*model(), HeadSpec::Kind::vocoder, "speak");
}

Result<bool> VocodeRequest::step(Session& session) {
  if (done_ == 0) TUTTI_CHECK(check_mel(mel_));
  constexpr size_t step = size_t(kVocoderFrames) * kMelBins;
  const auto part =
      std::span(mel_.values).subspan(done_, std::min(step, mel_.values.size() - done_));
  done_ += part.size();
  std::vector<float>& said = result_.samples;
  TUTTI_ASSIGN(const std::vector<float> samples, vocoder_.push(session, part));
  said.insert(said.end(), samples.begin(), samples.end());
  if (done_ < mel_.values.size()) return true;
  const std::vector<float> rest = vocoder_.finish();
  said.insert(said.end(), rest.begin(), rest.end());
  return false;
}

}  // namespace tutti
