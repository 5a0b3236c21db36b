// Where there is something to hear (media/dsp/sound_spans.h says what that is) in a sound whose end
// is not known yet. sound_spans() is this, told the end at once.
//
//   SoundSpanStream stream;
//   for (each mel that comes)
//     for (const SpanPiece& piece : stream.push(mel)) listen(piece);
//   for (const SpanPiece& piece : stream.end()) listen(piece);
//
// A frame is given out as soon as it is certain to belong to a span: at once while somebody speaks,
// and where 0.3 s have been silent, once there is sound again. That a span is over is certain 1.09
// s behind its last sound: a sound that begins earlier would belong to it.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "media/dsp/sound_spans.h"

namespace tutti {

// Frames [begin, end) that belong to one span: next behind those given out before, unless it opens.
// Empty where there is only to say that it closes.
struct SpanPiece {
  int begin = 0, end = 0;
  bool opens = false, closes = false;  // the span begins, ends with this piece
};
using SpanPieces = std::vector<SpanPiece>;

// Which frames sound: loud ones of a window with enough of them. A value.
class SoundFinder {
 public:
  static constexpr int kWindow = 10, kEnough = 6;  // frames, and how many of them must be loud

  // Calls found(frame) for each one that turns out to sound, in their order.
  template <class Found>
  void push(bool loud, const Found& found) {
    recent_ = (recent_ << 1 | uint32_t(loud)) & ((1u << kWindow) - 1);
    if (++frames_ >= kWindow) look(kEnough, found);
  }
  // No frame follows. A sound that is shorter than a window is one.
  template <class Found>
  void end(const Found& found) {
    if (frames_ < kWindow) look(std::min(kEnough, frames_), found);
  }

  int frames() const { return frames_; }
  // None before it will be found.
  int settled() const { return std::max(next_, frames_ + 1 - kWindow); }

 private:
  template <class Found>
  void look(int enough, const Found& found) {
    if (std::popcount(recent_) < enough) return;
    for (next_ = std::max(next_, frames_ - kWindow); next_ < frames_; ++next_)
      if (recent_ >> (frames_ - 1 - next_) & 1) found(next_);
  }

  uint32_t recent_ = 0;  // a bit a frame, the last one's lowest: is it loud?
  int frames_ = 0, next_ = 0;
};

// Sounds become spans. A value.
class SpanJoiner {
 public:
  // There is sound in frames [begin, end), which lie behind all others.
  void hear(int begin, int end, SpanPieces& pieces);
  // So many frames are there, and no sound begins before `settled`.
  void settle(int frames, int settled, SpanPieces& pieces);
  // No frame follows.
  void end(int frames, SpanPieces& pieces);

  // Frames before it are in no piece to come, where no sound begins before `settled`.
  int needed_from(int settled) const;

 private:
  int begin_of(int sound) const;
  void give(int end, SpanPieces& pieces);
  void close(int end, SpanPieces& pieces);

  bool open_ = false, opens_ = false;  // there is a span, and nothing of it was given out
  bool first_ = true;
  int heard_ = 0;  // end of the last sound
  int given_ = 0;  // end of what was given out
};

// One stream of frames of a mel. A value.
class SoundSpanStream {
 public:
  SpanPieces push(const Mel& frames);
  SpanPieces end();

  // Frames before it are in no piece to come: at most 88 need be kept besides those of a push.
  int needed_from() const { return joiner_.needed_from(finder_.settled()); }

 private:
  SoundFinder finder_;
  SpanJoiner joiner_;
};

}  // namespace tutti
