// Engine::speak and Engine::vocode: sound out.
#include <algorithm>
#include <cmath>

#include "format/text/voice_text.h"
#include "media/dsp/griffin_lim.h"
#include "engine/speech/alignment.h"
#include "engine/requests/speak_request.h"

namespace tutti {
namespace {

constexpr int kLongestPiece = 250;     // speech tokens: 10 s, as long as what training has heard
constexpr int kVocoderFrames = 50;     // 0.5 s of sound at a time
constexpr size_t kLongestText = 1000;  // bytes whose durations are predicted at once
constexpr size_t kShortestPiece = 8;   // bytes; shorter text is not cut further

Status check_options(const SpeakOptions& options) {
  if (!(options.speed >= 0.25f && options.speed <= 4))
    return usage_error("speed is " + std::to_string(options.speed) + "; use 0.25 to 4");
  return {};
}

Result<std::vector<int32_t>> predict_alignment(Session& session, const std::string& text,
                                               float speed) {
  BatchBuilder builder(session.loaded.config);
  builder.begin_sequence();
  builder.speech_text(text);
  const Batch batch = builder.build();
  const auto& head = session.loaded.model.speech_text;
  CpuOps& ops = session.ops;
  std::vector<int32_t> alignment;
  TUTTI_CHECK(session.run([&] {
    const CpuTensor durations = head.durations(ops, head.forward(ops, batch));
    if (ops.computing())
      alignment = align_speech({durations.row(0), size_t(durations.rows())}, speed);
  }));
  return alignment;
}

}  // namespace

SpeakRequest::SpeakRequest(const LoadedModel& loaded, std::string text, const SpeakOptions& options)
    : loaded_(loaded),
      options_(options),
      start_(std::chrono::steady_clock::now()),
      pending_{std::move(text)},
      vocoder_(loaded) {}

double SpeakRequest::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

Status SpeakRequest::begin() {
  TUTTI_CHECK(check_options(options_));
  TUTTI_ASSIGN(const std::string text, text_for_voice(pending_.front()));
  flow_options_ = flow_options(options_.steps, options_.guidance_scale, options_.seed,
                               loaded_.config.speak_steps, loaded_.config.speak_guidance);
  TUTTI_CHECK(check_flow_options(flow_options_));
  const auto paragraphs = split_speech(text, kLongestText);
  pending_.assign(paragraphs.begin(), paragraphs.end());
  begun_ = true;
  return {};
}

// Makes `text` the piece to speak; or, where it is longer than a pass may be, puts its parts before
// what is pending and returns false. The durations decide.
Result<bool> SpeakRequest::plan_piece(Session& session, std::string text) {
  const size_t context = size_t(loaded_.config.context), bytes = text.size();
  const size_t most = std::min(size_t(kLongestPiece), context / 2);
  piece_.text = std::move(text);
  TUTTI_ASSIGN(piece_.ids, loaded_.tokenizer.encode(piece_.text));
  TUTTI_ASSIGN(piece_.alignment, predict_alignment(session, piece_.text, options_.speed));
  const bool text_fits = piece_.ids.size() + 2 + most <= context;
  if (bytes > kShortestPiece && (piece_.alignment.size() > most || !text_fits)) {
    const size_t share = text_fits ? bytes * 9 / 10 * most / piece_.alignment.size() : bytes / 2;
    const auto parts = split_speech(piece_.text, std::clamp(share, kShortestPiece / 2, bytes - 1));
    pending_.insert(pending_.begin(), parts.begin(), parts.end());
    return false;
  }
  piece_.alignment.resize(std::min(piece_.alignment.size(), most));
  return true;
}

Status SpeakRequest::begin_piece(Session& session) {
  flow_.emplace(slots, Kind::speak, loaded_.model.heads.speak,
                [this](BatchBuilder& builder, std::span<const float> z, float t) {
                  builder.speak(z, t, piece_.text, piece_.alignment);
                });
  const ResolvedPrompt prompt{{}, generation_prompt(piece_.ids, token_speak), {}};
  const ResolvedPrompt unconditional{{}, generation_prompt({}, token_speak), {}};
  return flow_->prefill(session, prompt, unconditional, int(piece_.alignment.size()),
                        flow_options_);
}

Status SpeakRequest::flow_step(Session& session) {
  TUTTI_ASSIGN(const bool more, flow_->step(session));
  if (more) return {};
  mel_ = flow_->clean();
  vocoded_ = options_.griffin_lim ? mel_.size() : 0;
  result_.mel.values.insert(result_.mel.values.end(), mel_.begin(), mel_.end());
  flow_.reset();
  ++flow_options_.seed;
  return {};
}

// False once the listener has had enough.
bool SpeakRequest::deliver(const std::vector<float>& samples) {
  if (samples.empty()) return true;
  std::vector<float>& said = result_.sound.samples;
  if (said.empty()) result_.seconds_to_first_audio = seconds();
  said.insert(said.end(), samples.begin(), samples.end());
  return !options_.on_audio || options_.on_audio(samples);
}

Result<bool> SpeakRequest::vocode_step(Session& session) {
  constexpr size_t step = size_t(kVocoderFrames) * kMelBins;
  const auto part = std::span(mel_).subspan(vocoded_, std::min(step, mel_.size() - vocoded_));
  vocoded_ += part.size();
  TUTTI_ASSIGN(const std::vector<float> samples, vocoder_.push(session, part));
  const bool wanted = deliver(samples);
  result_.seconds = seconds();
  return wanted;
}

Result<bool> SpeakRequest::finish() {
  if (options_.griffin_lim) {
    TUTTI_ASSIGN(const Sound sound, griffin_lim(result_.mel));
    deliver(sound.samples);
  } else {
    deliver(vocoder_.finish());
  }
  result_.seconds = seconds();
  return false;
}

Result<bool> SpeakRequest::step(Session& session) {
  if (!begun_) TUTTI_CHECK(begin());
  if (vocoded_ < mel_.size()) return vocode_step(session);
  if (flow_) {
    TUTTI_CHECK(flow_step(session));
    return true;
  }
  if (pending_.empty()) return finish();
  std::string text = std::move(pending_.front());
  pending_.pop_front();
  TUTTI_ASSIGN(const bool ready, plan_piece(session, std::move(text)));
  if (ready) TUTTI_CHECK(begin_piece(session));
  return true;
}

Result<SpeakResult> Engine::speak(const std::string& text, const SpeakOptions& options) const {
  TUTTI_ASSIGN(const auto turn, state_->take_turn());
  SpeakRequest request(*state_->loaded, text, options);
  TUTTI_CHECK(run(request, *state_->session));
  return std::move(request.result());
}

Result<Sound> Engine::vocode(const Mel& mel) const {
  TUTTI_CHECK(check_part(Part::of_audio(mel)));
  TUTTI_ASSIGN(const auto turn, state_->take_turn());
  constexpr size_t step = size_t(kVocoderFrames) * kMelBins;
  VocoderStream vocoder(*state_->loaded);
  Sound sound;
  const auto add = [&](const std::vector<float>& samples) {
    sound.samples.insert(sound.samples.end(), samples.begin(), samples.end());
  };
  const std::span values(mel.values);
  for (size_t begin = 0; begin < values.size(); begin += step) {
    const auto part = values.subspan(begin, std::min(step, values.size() - begin));
    TUTTI_ASSIGN(const std::vector<float> samples, vocoder.push(*state_->session, part));
    add(samples);
  }
  add(vocoder.finish());
  return sound;
}

}  // namespace tutti
