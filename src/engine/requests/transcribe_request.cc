#include "engine/requests/transcribe_request.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include "engine/prompt.h"

namespace tutti {
namespace {

constexpr char kHear = 0;               // its address is the key of a pass
constexpr int kMostFrames = 1000;       // of a pass, unless one span has more: 10 s
constexpr float kFrameSeconds = 0.01f;  // of a mel
constexpr int kPause = 20;              // frames: within a word there is none as long

Status check_hears(const LoadedModel& model) {
  return require(model, HeadSpec::Kind::ctc, "transcribe");
}

// Calls read(i, logits) with the CTC head's labels x 257 of each mel.
Status hear(Session& session, std::span<const Mel> mels,
            const std::function<void(size_t, ConstMatrix)>& read) {
  BatchBuilder builder(session.loaded().config);
  for (const Mel& mel : mels) {
    builder.begin_sequence();
    builder.audio(mel);
  }
  const Batch batch = builder.build();
  const auto& model = session.loaded().model;
  CpuOps& ops = session.ops;
  return session.run([&] {
    const CpuTensor logits =
        model.heads.ctc_logits(ops, model.audio_stem->forward(ops, batch.audio));
    if (!ops.computing()) return;
    for (size_t i = 0; i < mels.size(); ++i) {
      const Span& span = batch.spans[i];
      const CpuTensor own = ops.rows(logits, span.local_first * kCtcPerToken,
                                     (span.local_first + span.local_rows) * kCtcPerToken);
      read(i, own.matrix());
    }
  });
}

// Times of words that were heard in a silence, moved to where the next sound begins.
void move_to_sound(std::vector<HeardWord>& words, const std::vector<SoundSpan>& sounds) {
  for (HeardWord& word : words) {
    const auto next = std::find_if(sounds.begin(), sounds.end(), [&](const SoundSpan& sound) {
      return float(sound.end) * kFrameSeconds > word.begin;
    });
    if (next == sounds.end()) continue;
    word.begin = std::max(word.begin, float(next->begin) * kFrameSeconds);
    word.end = std::max(word.end, word.begin + kCtcLabelSeconds);
  }
}

// What follows in time.
void append(Transcript& transcript, Transcript part, float offset, float end) {
  for (HeardWord& word : part.words) {
    // The last labels hear the silence that the sound was padded with.
    word.begin = std::min(word.begin + offset, end);
    word.end = std::min(word.end + offset, end);
  }
  if (!transcript.text.empty() && !part.text.empty()) transcript.text += ' ';
  transcript.text += part.text;
  std::move(part.words.begin(), part.words.end(), std::back_inserter(transcript.words));
}

}  // namespace

// Spans of several requests.
class TranscribeRequest::Pass {
 public:
  explicit Pass(std::span<ModelRequest* const> requests) : errors_(requests.size()) {
    for (ModelRequest* request : requests) {
      requests_.push_back(static_cast<TranscribeRequest*>(request));
      if (const Status status = requests_.back()->listen(); !status)
        errors_[requests_.size() - 1] = status.error();
    }
    // A span of each in turn while there is room; the first of each in any case.
    int frames = 0;
    for (size_t round = 0, added = 1; added > 0; ++round) {
      added = 0;
      for (size_t i = 0; i < requests_.size(); ++i)
        if (round == 0 || frames < kMostFrames) added += add(i, round, frames);
    }
  }

  Status run(Session& session) {
    if (mels_.empty()) return {};
    return hear(session, mels_, [&](size_t i, ConstMatrix logits) {
      TranscribeRequest& owner = *requests_[owners_[i]];
      owner.take(logits, owner.spans_[owner.next_]);
    });
  }

  Result<bool> result(size_t i) const {
    return errors_[i] ? Result<bool>(*errors_[i]) : Result<bool>(requests_[i]->more());
  }

 private:
  bool add(size_t i, size_t round, int& frames) {
    const TranscribeRequest& request = *requests_[i];
    if (errors_[i] || request.next_ + round >= request.spans_.size()) return false;
    const SoundSpan& span = request.spans_[request.next_ + round];
    mels_.push_back(part_of(*request.mel_, span));
    owners_.push_back(i);
    frames += span.end - span.begin;
    return true;
  }

  std::vector<TranscribeRequest*> requests_;
  std::vector<Mel> mels_;
  std::vector<size_t> owners_;  // of each mel
  std::vector<std::optional<Error>> errors_;
};

TranscribeRequest::TranscribeRequest(ModelHandle model, std::shared_ptr<const Mel> mel)
    : RequestFor(std::move(model), {.name = "transcribe", .brief = true}), mel_(std::move(mel)) {}

Status TranscribeRequest::check() const {
  return check_hears(*model());
}

Status TranscribeRequest::listen() {
  if (std::exchange(listened_, true)) return {};
  TUTTI_CHECK(check_mel(*mel_));
  sounds_ = sounding_frames(*mel_, kPause);
  spans_ = sound_spans(sounds_, mel_->frames());
  return {};
}

void TranscribeRequest::take(ConstMatrix logits, const SoundSpan& span) {
  append(result_, ctc_transcript(logits), float(span.begin) * kFrameSeconds,
         float(span.end) * kFrameSeconds);
  ++next_;
}

bool TranscribeRequest::more() {
  if (next_ < spans_.size()) return true;
  move_to_sound(result_.words, sounds_);
  return false;
}

Result<bool> TranscribeRequest::step(Session& session) {
  ModelRequest* const alone = this;
  Result<bool> result = false;
  step_together(session, {&alone, 1}, {&result, 1});
  return result;
}

Sharing TranscribeRequest::sharing() const {
  return {.key = &kHear, .rows = mel_->frames() / kAudioStride};
}

void TranscribeRequest::step_together(Session& session, std::span<ModelRequest* const> requests,
                                      std::span<Result<bool>> results) {
  Pass pass(requests);
  const Status status = pass.run(session);
  for (size_t i = 0; i < requests.size(); ++i)
    results[i] = status ? pass.result(i) : Result<bool>(status.error());
}

Status SpellingRequest::check() const {
  return check_hears(*model());
}

Result<bool> SpellingRequest::step(Session& session) {
  TUTTI_CHECK(check_mel(mel_));
  TUTTI_CHECK(hear(session, {&mel_, 1}, [&](size_t, ConstMatrix logits) {
    for (const std::string& text : texts_) result_.push_back(ctc_log_likelihood(logits, text));
  }));
  return false;
}

}  // namespace tutti
