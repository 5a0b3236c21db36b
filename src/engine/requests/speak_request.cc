#include "engine/requests/speak_request.h"

#include <algorithm>
#include <cmath>

#include "base/short_number.h"
#include "engine/speech/alignment.h"
#include "format/text/voice_text.h"
#include "media/dsp/griffin_lim.h"

namespace tutti {
namespace {

constexpr int kLongestPiece = 250;     // speech tokens: 10 s, as long as what training has heard
constexpr size_t kLongestText = 1000;  // bytes whose durations are predicted at once
constexpr size_t kShortestPiece = 8;   // bytes; shorter text is not cut further
constexpr std::chrono::milliseconds kFirstSound{100};   // from acceptance: at once, where only
                                                        // pictures wait
constexpr std::chrono::milliseconds kSoundInHand{300};  // what a listener should always have left

Result<std::vector<int32_t>> predict_alignment(Session& session, const std::string& text,
                                               float speed) {
  BatchBuilder builder(session.loaded().config);
  builder.begin_sequence();
  builder.speech_text(text);
  const Batch batch = builder.build();
  const auto& head = *session.loaded().model.speech_text;
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

SpeakRequest::SpeakRequest(ModelHandle model, std::string text, SpeakOptions options)
    : RequestFor(std::move(model), {.name = "speak", .slots = 2}),
      options_(std::move(options)),
      start_(std::chrono::steady_clock::now()),
      pending_{std::move(text)},
      vocoder_(*this->model()) {}

double SpeakRequest::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

Status SpeakRequest::check() const {
  TUTTI_CHECK(require(*model(), Stem::spoken, "speak"));
  if (!options_.griffin_lim)
    TUTTI_CHECK(require(*model(), HeadSpec::Kind::vocoder, "speak by itself; griffin_lim can"));
  if (!(options_.speed >= 0.25f && options_.speed <= 4))
    return usage_error("speed is " + short_number(options_.speed) + "; use 0.25 to 4");
  return check_flow_options(flow_options(options_, model()->config, Stem::spoken));
}

Status SpeakRequest::begin() {
  TUTTI_ASSIGN(const std::string text, text_for_voice(pending_.front()));
  flow_options_ = flow_options(options_, model()->config, Stem::spoken);
  const auto paragraphs = split_speech(text, kLongestText);
  pending_.assign(paragraphs.begin(), paragraphs.end());
  begun_ = true;
  return {};
}

// Makes `text` the piece to speak; or, where it is longer than a pass may be, puts its parts before
// what is pending and returns false. The durations decide.
Result<bool> SpeakRequest::plan_piece(Session& session, std::string text) {
  const size_t context = size_t(model()->config.context), bytes = text.size();
  const size_t most = std::min(size_t(kLongestPiece), context / 2);
  piece_.text = std::move(text);
  TUTTI_ASSIGN(piece_.ids, model()->tokenizer.encode(piece_.text));
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
  const int modality = model()->config.find(Stem::spoken);
  flow_.emplace(
      slots, modality, model()->model.heads.values[size_t(modality)],
      [this](BatchBuilder& builder, std::span<const float> z, float t) {
        builder.speak(z, t, piece_.text, piece_.alignment);
      },
      model().adapter);
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
  if (options_.keep || options_.griffin_lim)
    result_.mel.values.insert(result_.mel.values.end(), mel_.begin(), mel_.end());
  flow_.reset();
  ++flow_options_.seed;
  return {};
}

// False once the listener has had enough.
bool SpeakRequest::deliver(const std::vector<float>& samples) {
  if (samples.empty()) return true;
  if (delivered_ == 0) result_.seconds_to_first_audio = seconds();
  delivered_ += samples.size();
  std::vector<float>& said = result_.sound.samples;
  if (options_.keep) said.insert(said.end(), samples.begin(), samples.end());
  return !*cancelled && (!options_.on_audio || options_.on_audio(samples));
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

SteadyTime SpeakRequest::due(SteadyTime accepted, SteadyTime now) {
  const std::chrono::duration<double> fresh(double(delivered_ - std::exchange(heard_, delivered_)) /
                                            double(result_.sound.sample_rate));
  if (delivered_ == 0) return accepted + kFirstSound;
  if (fresh.count() > 0)
    heard_until_ =
        std::max(heard_until_, now) + std::chrono::duration_cast<SteadyTime::duration>(fresh);
  return heard_until_ - kSoundInHand;
}

}  // namespace tutti
