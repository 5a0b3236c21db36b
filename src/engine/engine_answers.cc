// Engine: what can be asked of it. Each is a request that runs to its end on the engine's session.
#include <algorithm>

#include "base/check_samples.h"
#include "engine/engine_state.h"
#include "engine/requests/embed_request.h"
#include "engine/requests/explain_request.h"
#include "engine/requests/matte_request.h"
#include "engine/requests/paint_request.h"
#include "engine/requests/score_request.h"
#include "engine/requests/speak_request.h"
#include "engine/requests/text_request.h"
#include "engine/requests/transcribe_request.h"
#include "engine/requests/vocode_request.h"
#include "engine/streams/stream_request.h"
#include "engine/streams/transcript_stream.h"

namespace tutti {

template <class Request, class... Arguments>
Result<typename Request::Value> Engine::State::answer(Arguments&&... arguments) {
  TUTTI_ASSIGN(const auto turn, take_turn());
  Request request(loaded, std::forward<Arguments>(arguments)...);
  TUTTI_CHECK(run(request, *session));
  return std::move(request.result());
}

// As take_turn(), for a stream of this engine's model.
Result<Engine::State::Turn> Engine::State::take_turn(const TranscriptStream& stream) {
  if (stream.model().model != loaded.model)
    return usage_error("the stream is of another model; use the engine that began it");
  return take_turn();
}

// Whatever the stream can compute now.
Status Engine::State::step(TranscriptStream& stream) {
  const std::shared_ptr<TranscriptStream> borrowed(std::shared_ptr<void>(), &stream);
  StreamRequest<TranscriptStream> request(borrowed);
  return run(request, *session);
}

Result<TextResult> Engine::describe(const Prompt& prompt, const TextOptions& options) const {
  return state_->answer<TextRequest>(SharedPrompt::borrowed(prompt), options);
}

Result<std::vector<double>> Engine::score(const Prompt& prompt,
                                          const std::vector<std::string>& answers,
                                          const TextOptions& options) const {
  return state_->answer<ScoreRequest>(SharedPrompt::borrowed(prompt), answers, options);
}

Result<std::string> Engine::transcribe(const Mel& mel) const {
  const std::shared_ptr<const Mel> borrowed(std::shared_ptr<void>(), &mel);
  TUTTI_ASSIGN(Transcript heard, state_->answer<TranscribeRequest>(borrowed));
  return std::move(heard.text);
}

Result<TranscriptStream> Engine::transcribe_stream() const {
  return TranscriptStream::create(state_->loaded);
}

// Second by second, so that no more waits than a chunk, however much is pushed at once. All is
// checked before any of it is heard.
Result<std::string> Engine::push(TranscriptStream& stream, std::span<const float> samples) const {
  constexpr size_t kAtOnce = 16000;
  TUTTI_CHECK(check_samples(samples));
  TUTTI_ASSIGN(const auto turn, state_->take_turn(stream));
  std::string text;
  do {
    const auto next = samples.first(std::min(samples.size(), kAtOnce));
    Status heard = stream.push(next);
    if (heard) heard = state_->step(stream);
    text += stream.take_text();
    if (!heard) {
      stream.put_back(text);
      return heard.error();
    }
    samples = samples.subspan(next.size());
  } while (!samples.empty());
  return text;
}

Result<std::string> Engine::finish(TranscriptStream& stream) const {
  TUTTI_ASSIGN(const auto turn, state_->take_turn(stream));
  stream.finish();
  TUTTI_CHECK(state_->step(stream));
  return stream.take_text();
}

Result<std::vector<double>> Engine::spelling_scores(const Mel& mel,
                                                    const std::vector<std::string>& texts) const {
  return state_->answer<SpellingRequest>(mel, texts);
}

Result<Picture> Engine::paint(const Prompt& prompt, const PaintOptions& options) const {
  return state_->answer<PaintRequest>(SharedPrompt::borrowed(prompt), options);
}

Result<SpeakResult> Engine::speak(const std::string& text, const SpeakOptions& options) const {
  return state_->answer<SpeakRequest>(text, options);
}

Result<std::vector<float>> Engine::embed(const Part& part) const {
  TUTTI_ASSIGN(auto vectors, state_->answer<EmbedRequest>(SharedPrompt{part}));
  return std::move(vectors.front());
}

Result<Picture> Engine::matte(const Picture& picture) const {
  return state_->answer<MatteRequest>(SharedPrompt{Part::of_picture(picture)});
}

Result<AttentionShare> Engine::explain(const Prompt& prompt, const TextOptions& options) const {
  return state_->answer<ExplainRequest>(SharedPrompt::borrowed(prompt), options);
}

Result<Sound> Engine::vocode(const Mel& mel) const {
  return state_->answer<VocodeRequest>(mel);
}

}  // namespace tutti
