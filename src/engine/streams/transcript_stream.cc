#include "engine/streams/transcript_stream.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check_samples.h"
#include "engine/prompt.h"

namespace tutti {
namespace {

constexpr size_t kMostFramesWaiting = size_t(TranscriptStream::kMostWaiting) * 100;
constexpr int kFedAtOnce = kAudioSegment * kAudioStride;  // frames: a chunk

}  // namespace

Result<TranscriptStream> TranscriptStream::create(ModelHandle model) {
  TUTTI_CHECK(require(*model, HeadSpec::Kind::ctc, "transcribe"));
  TUTTI_CHECK(require(*model, Stem::sound, "transcribe"));
  return TranscriptStream(std::move(model));
}

Status TranscriptStream::push(std::span<const float> samples) {
  if (trouble_) return *trouble_;
  if (finished_)
    return usage_error("the sound was said to have ended; begin another stream for more");
  TUTTI_CHECK(check_samples(samples));
  const size_t more = samples.size() / stft_hop;
  if (size_t(waiting()) + more > kMostFramesWaiting)
    return {Error(ErrorCode::busy, "more than " + std::to_string(kMostWaiting) +
                                       " s of sound would wait to be heard; push less at once, "
                                       "or run the stream's steps first")};
  if (text_.size() > kMostText)
    return {Error(ErrorCode::busy, std::to_string(text_.size()) +
                                       " bytes of text have not been taken; take them first")};
  const Mel frames = mel_.push(samples);
  frames_.insert(frames_.end(), frames.values.begin(), frames.values.end());
  add(spans_.push(frames));
  return {};
}

void TranscriptStream::finish() {
  if (std::exchange(finished_, true)) return;
  add(spans_.end());
}

void TranscriptStream::add(const SpanPieces& pieces) {
  pieces_.insert(pieces_.end(), pieces.begin(), pieces.end());
  feed();
  drop_frames();
}

// Gives the encoder frames until it has a chunk, so that what waits does so here.
void TranscriptStream::feed() {
  while (!trouble_ && !pieces_.empty() && !ready()) {
    SpanPiece& piece = pieces_.front();
    if (const Status fed = feed_piece(piece); !fed) {
      trouble_ = fed.error();
      return;
    }
    if (piece.begin < piece.end) continue;
    const bool closes = piece.closes;
    pieces_.pop_front();
    if (!closes) continue;
    encoder_->finish();
    if (encoder_->done()) close_span();
  }
}

Status TranscriptStream::feed_piece(SpanPiece& piece) {
  if (std::exchange(piece.opens, false)) {
    TUTTI_ASSIGN(encoder_, AudioEncoderStream::create(*model_));
    span_said_ = false;
  }
  const int count = std::min(piece.end - piece.begin, kFedAtOnce);
  const auto begin = size_t(piece.begin - first_frame_) * kMelBins;
  piece.begin += count;
  return encoder_->push(std::span(frames_).subspan(begin, size_t(count) * kMelBins));
}

void TranscriptStream::close_span() {
  emit(prefix_.end());
  encoder_.reset();
}

// Those that no piece needs, which are the first ones.
void TranscriptStream::drop_frames() {
  const int needed = pieces_.empty() ? spans_.needed_from() : pieces_.front().begin;
  if (needed <= first_frame_) return;
  frames_.erase(frames_.begin(), frames_.begin() + ptrdiff_t(needed - first_frame_) * kMelBins);
  first_frame_ = needed;
}

void TranscriptStream::emit(const std::string& text) {
  if (text.empty()) return;
  if (!std::exchange(span_said_, true) && said_) text_ += ' ';
  said_ = true;
  text_ += text;
}

size_t TranscriptStream::bytes() const {
  return frames_.capacity() * sizeof(float) + pieces_.size() * sizeof(SpanPiece) +
         text_.capacity() + (encoder_ ? encoder_->bytes() : 0);
}

Status TranscriptStream::step(Session& session, std::span<TranscriptStream* const> streams) {
  std::vector<AudioEncoderStream*> encoders;
  for (TranscriptStream* stream : streams) encoders.push_back(&*stream->encoder_);
  TUTTI_CHECK(AudioEncoderStream::step(session, encoders, [&](size_t i, const EncodedAudio& chunk) {
    streams[i]->emit(streams[i]->prefix_.push(chunk.logits));
  }));
  for (TranscriptStream* stream : streams) {
    if (stream->encoder_->done()) stream->close_span();
    stream->feed();
    stream->drop_frames();
  }
  return {};
}

}  // namespace tutti
