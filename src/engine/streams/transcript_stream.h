// A transcript while somebody speaks: samples in, text out as soon as nothing that follows can
// change it. Together the pieces are what TranscribeRequest hears in the whole sound, to the byte:
// the mel is the same frames, the sound is cut into the same spans, each span's chunks give the
// encoder's and the CTC head's same bits, and the same labels read as the same text.
//
//   TUTTI_ASSIGN(TranscriptStream stream, TranscriptStream::create(model));
//   TUTTI_CHECK(stream.push(samples));
//   while (stream.ready()) TUTTI_CHECK(step(session, stream));
//   show(stream.take_text());
//   ...
//   stream.finish();  // then as above
//
// On a scheduler a StreamRequest (stream_request.h) takes the steps.
//
// Delay: text comes with the end of the encoder's chunk, 0.96 s of one span, or of the span.
// Silence costs nothing but its mel: it is no part of a span (media/dsp/sound_spans.h).
//
// Memory does not grow with what was heard: a chunk's frames, 88 of silence, the encoder's state.
// What waits is bounded: push() refuses more than kMostWaiting seconds that no step has heard, and
// any sound while kMostText bytes have not been taken.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/requests/model_request.h"
#include "engine/speech/ctc_text.h"
#include "engine/streams/audio_encoder_stream.h"
#include "media/dsp/mel.h"
#include "media/dsp/sound_span_stream.h"

namespace tutti {

// The state of one stream: a value that can be moved, and that continues in any session that has
// entered its model, which it keeps. Not thread-safe.
class TranscriptStream {
 public:
  static constexpr int kMostWaiting = 60;                // seconds
  static constexpr size_t kMostText = size_t(64) << 10;  // bytes
  static constexpr RequestTraits kTraits = {.name = "listen", .brief = true};
  static constexpr int kRows = kAudioSegment;  // of a pass

  // ErrorCode::unsupported where the model does not transcribe.
  static Result<TranscriptStream> create(ModelHandle model);
  const ModelHandle& model() const { return model_; }

  // The next samples, 16000 a second, in pieces of any size. The stream is as before after
  // bad_input (samples that are no numbers, or far beyond [-1, 1]), usage_error (behind finish())
  // and busy (take the text, run the steps, and push them again).
  Status push(std::span<const float> samples);
  // The sound ends here; a rest shorter than 10 ms is not heard. Again: nothing.
  void finish();

  // Whether there is a chunk to compute.
  bool ready() const { return !trouble_ && encoder_ && encoder_->ready(); }
  // Nothing is to come but the text that can be taken.
  bool done() const { return finished_ && !ready(); }
  // What is new and certain: whole characters; a space between spans.
  std::string take_text() { return std::exchange(text_, {}); }
  // For the next to take it: `text` that was taken and did not reach anybody.
  void put_back(const std::string& text) { text_.insert(0, text); }
  size_t bytes() const;  // of memory
  // Why it cannot go on, if so: a lack of memory for the next span.
  const std::optional<Error>& trouble() const { return trouble_; }

  // The next chunk of each stream in one pass. All are ready and of the session's model. After an
  // error they can be stepped again.
  static Status step(Session& session, std::span<TranscriptStream* const> streams);

 private:
  explicit TranscriptStream(ModelHandle model) : model_(std::move(model)) {}

  void add(const SpanPieces& pieces);
  void feed();
  Status feed_piece(SpanPiece& piece);
  void close_span();
  void drop_frames();
  void emit(const std::string& text);
  int waiting() const { return int(frames_.size()) / kMelBins; }

  ModelHandle model_;
  MelStream mel_;
  SoundSpanStream spans_;
  std::vector<float> frames_;  // of the mel, from first_frame_ on: those that may be in a span
  int first_frame_ = 0;
  std::deque<SpanPiece> pieces_;               // that the encoder has not got
  std::optional<AudioEncoderStream> encoder_;  // of the span at hand
  CtcPrefix prefix_;
  bool span_said_ = false, said_ = false;  // there was text in the span, in any
  bool finished_ = false;
  std::string text_;  // not taken
  std::optional<Error> trouble_;
};

// Of one stream.
inline Status step(Session& session, TranscriptStream& stream) {
  TranscriptStream* const alone = &stream;
  return TranscriptStream::step(session, {&alone, 1});
}

}  // namespace tutti
