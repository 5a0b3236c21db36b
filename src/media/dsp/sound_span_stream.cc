#include "media/dsp/sound_span_stream.h"

#include <utility>

namespace tutti {

// Where a span begins that a sound opens.
int SpanJoiner::begin_of(int sound) const {
  return sound < (first_ ? kLongLead : kAroundSound) ? 0 : sound - kAroundSound;
}

void SpanJoiner::give(int end, SpanPieces& pieces) {
  if (end <= given_) return;
  pieces.push_back({given_, end, std::exchange(opens_, false)});
  given_ = end;
}

void SpanJoiner::close(int end, SpanPieces& pieces) {
  give(end, pieces);
  pieces.push_back({given_, given_, false, true});
  open_ = false;
}

void SpanJoiner::hear(int begin, int end, SpanPieces& pieces) {
  if (open_ && begin - heard_ >= kLongPause) close(heard_ + kAroundSound, pieces);
  if (!open_) {
    given_ = begin_of(begin);
    open_ = opens_ = true;
    first_ = false;
  }
  heard_ = end;
}

void SpanJoiner::settle(int frames, int settled, SpanPieces& pieces) {
  if (!open_) return;
  give(std::min(frames, heard_ + kAroundSound), pieces);
  if (settled - heard_ >= kLongPause) close(heard_ + kAroundSound, pieces);
}

void SpanJoiner::end(int frames, SpanPieces& pieces) {
  if (open_) close(frames - heard_ < kLongPause ? frames : heard_ + kAroundSound, pieces);
}

int SpanJoiner::needed_from(int settled) const {
  return open_ ? given_ : begin_of(settled);
}

SpanPieces SoundSpanStream::push(const Mel& frames) {
  SpanPieces pieces;
  for (int i = 0; i < frames.frames(); ++i) {
    const float* frame = frames.values.data() + size_t(i) * size_t(frames.bins);
    finder_.push(is_loud(frame, frames.bins),
                 [&](int sound) { joiner_.hear(sound, sound + 1, pieces); });
  }
  joiner_.settle(finder_.frames(), finder_.settled(), pieces);
  return pieces;
}

SpanPieces SoundSpanStream::end() {
  SpanPieces pieces;
  finder_.end([&](int sound) { joiner_.hear(sound, sound + 1, pieces); });
  joiner_.end(finder_.frames(), pieces);
  return pieces;
}

}  // namespace tutti
