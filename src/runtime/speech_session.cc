// Engine::speak and Engine::vocode: sound out.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>

#include "base/utf8.h"
#include "media/griffin_lim.h"
#include "runtime/alignment.h"
#include "runtime/guided_flow.h"
#include "runtime/vocoder_stream.h"

namespace tutti {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLongestPiece = 250;     // speech tokens: 10 s, as long as what training has heard
constexpr int kVocoderFrames = 50;     // 0.5 s of sound at a time
constexpr size_t kLongestText = 1000;  // bytes whose durations are predicted at once
constexpr size_t kShortestPiece = 8;   // bytes; shorter text is not cut further

struct SpeechPiece {
  std::string text;
  Tokens ids;
  std::vector<int32_t> alignment;
};

FlowOptions flow_asked(const ModelConfig& config, const SpeakOptions& options) {
  return flow_options(options.steps, options.guidance_scale, options.seed, config.speak_steps,
                      config.speak_guidance);
}

Status check_options(const std::string& text, const SpeakOptions& options) {
  if (text.empty()) return bad_input("there is nothing to say: the text is empty");
  if (const auto bad = invalid_utf8_at(text))
    return bad_input("the text to say is not UTF-8 at byte " + std::to_string(*bad));
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

// Cuts the text where it is longer than a pass may be; the durations decide.
Result<std::vector<SpeechPiece>> plan_pieces(Session& session, const std::string& text,
                                             float speed) {
  const int context = session.loaded.config.context;
  const size_t most = size_t(std::min(kLongestPiece, context / 2));
  const auto paragraphs = split_speech(text, kLongestText);
  std::deque<std::string> pending(paragraphs.begin(), paragraphs.end());
  std::vector<SpeechPiece> pieces;
  while (!pending.empty()) {
    SpeechPiece piece{std::move(pending.front()), {}, {}};
    pending.pop_front();
    const size_t bytes = piece.text.size();
    TUTTI_ASSIGN(piece.ids, session.loaded.tokenizer.encode(piece.text));
    TUTTI_ASSIGN(piece.alignment, predict_alignment(session, piece.text, speed));
    const bool text_fits = piece.ids.size() + 2 + most <= size_t(context);
    if (bytes > kShortestPiece && (piece.alignment.size() > most || !text_fits)) {
      const size_t share = text_fits ? bytes * 9 / 10 * most / piece.alignment.size() : bytes / 2;
      const auto parts = split_speech(piece.text, std::clamp(share, kShortestPiece / 2, bytes - 1));
      pending.insert(pending.begin(), parts.begin(), parts.end());
      continue;
    }
    piece.alignment.resize(std::min(piece.alignment.size(), most));
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

Result<std::vector<float>> generate_mel(Session& session, const SpeechPiece& piece,
                                        const FlowOptions& options) {
  GuidedFlow flow(session, Kind::speak, session.loaded.model.heads.speak,
                  [&](BatchBuilder& builder, std::span<const float> z, float t) {
                    builder.speak(z, t, piece.text, piece.alignment);
                  });
  const ResolvedPrompt prompt{{}, generation_prompt(piece.ids, token_speak)};
  const ResolvedPrompt unconditional{{}, generation_prompt({}, token_speak)};
  TUTTI_CHECK(flow.prefill(prompt, unconditional, int(piece.alignment.size()),
                           options.guidance_scale != 1));
  return flow.sample(options);
}

// Hands sound on as it comes, and keeps it.
class Delivery {
 public:
  Delivery(const SpeakOptions& options, Clock::time_point start, SpeakResult& result)
      : options_(options), start_(start), result_(result) {}

  // False once the listener has had enough.
  bool deliver(const std::vector<float>& samples) {
    if (samples.empty()) return true;
    if (result_.sound.samples.empty()) result_.seconds_to_first_audio = seconds();
    result_.sound.samples.insert(result_.sound.samples.end(), samples.begin(), samples.end());
    return !options_.on_audio || options_.on_audio(samples);
  }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  const SpeakOptions& options_;
  Clock::time_point start_;
  SpeakResult& result_;
};

// Vocodes `mel` in steps; false in the result stops.
Result<bool> deliver_mel(VocoderStream& vocoder, std::span<const float> mel, Delivery& delivery) {
  constexpr size_t step = size_t(kVocoderFrames) * kMelBins;
  for (size_t begin = 0; begin < mel.size(); begin += step) {
    const auto part = mel.subspan(begin, std::min(step, mel.size() - begin));
    TUTTI_ASSIGN(const std::vector<float> samples, vocoder.push(part));
    if (!delivery.deliver(samples)) return false;
  }
  return true;
}

}  // namespace

Result<SpeakResult> Engine::speak(const std::string& text, const SpeakOptions& options) const {
  TUTTI_CHECK(check_options(text, options));
  FlowOptions flow = flow_asked(state_->loaded->config, options);
  TUTTI_CHECK(check_flow_options(flow));
  const std::lock_guard lock(state_->mutex);
  Session& session = *state_->session;
  SpeakResult result;
  Delivery delivery(options, Clock::now(), result);
  TUTTI_ASSIGN(const std::vector<SpeechPiece> pieces, plan_pieces(session, text, options.speed));

  VocoderStream vocoder(session);
  bool wanted = true;
  for (size_t i = 0; wanted && i < pieces.size(); ++i, ++flow.seed) {
    TUTTI_ASSIGN(const std::vector<float> mel, generate_mel(session, pieces[i], flow));
    result.mel.values.insert(result.mel.values.end(), mel.begin(), mel.end());
    if (options.griffin_lim) continue;
    TUTTI_ASSIGN(wanted, deliver_mel(vocoder, mel, delivery));
  }
  if (options.griffin_lim) {
    TUTTI_ASSIGN(const Sound sound, griffin_lim(result.mel));
    delivery.deliver(sound.samples);
  } else if (wanted) {
    delivery.deliver(vocoder.finish());
  }
  result.seconds = delivery.seconds();
  return result;
}

Result<Sound> Engine::vocode(const Mel& mel) const {
  TUTTI_CHECK(check_part(Part::of_audio(mel)));
  const std::lock_guard lock(state_->mutex);
  VocoderStream vocoder(*state_->session);
  SpeakResult result;
  const SpeakOptions options;
  Delivery delivery(options, Clock::now(), result);
  TUTTI_ASSIGN(const bool wanted, deliver_mel(vocoder, mel.values, delivery));
  if (wanted) delivery.deliver(vocoder.finish());
  return std::move(result.sound);
}

}  // namespace tutti
