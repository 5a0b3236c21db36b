#include "media/dsp/sound_span_stream.h"

#include <gtest/gtest.h>

#include <random>

#include "media/dsp/mel.h"

namespace tutti {
namespace {

// Frames of a mel that are loud or not.
Mel mel_of(const std::vector<bool>& loud) {
  Mel mel;
  for (const bool frame : loud)
    mel.values.insert(mel.values.end(), size_t(mel_bins), frame ? 1.f : -2.f);
  return mel;
}

// Runs of sound and silence of lengths around every limit there is.
std::vector<bool> random_frames(std::mt19937& random) {
  const int lengths[] = {1, 3, 6, 9, 10, 15, 20, 29, 31, 60, 79, 80, 81, 99, 100, 101, 130, 400};
  std::vector<bool> loud;
  for (int runs = int(random() % 9); runs > 0; --runs) {
    const bool sound = random() % 2;
    for (int i = lengths[random() % std::size(lengths)]; i > 0; --i)
      loud.push_back(random() % 8 == 0 ? !sound : sound);
  }
  return loud;
}

// As the definition has it, of the whole.
std::vector<SoundSpan> by_definition(const std::vector<bool>& loud) {
  const int frames = int(loud.size()), window = std::min(10, frames);
  std::vector<bool> sounds(loud.size());
  for (int begin = 0; begin + window <= frames; ++begin)
    if (std::count(loud.begin() + begin, loud.begin() + begin + window, true) >=
        std::min(6, window))
      for (int i = begin; i < begin + window; ++i)
        sounds[size_t(i)] = sounds[size_t(i)] || loud[size_t(i)];
  std::vector<SoundSpan> spans;
  for (int i = 0; i < frames; ++i) {
    if (!sounds[size_t(i)]) continue;
    if (spans.empty() || i - spans.back().end >= kLongPause) spans.push_back({i, i});
    spans.back().end = i + 1;
  }
  for (size_t i = 0; i < spans.size(); ++i) {
    spans[i].begin =
        spans[i].begin < (i ? kAroundSound : kLongLead) ? 0 : spans[i].begin - kAroundSound;
    spans[i].end = frames - spans[i].end < kLongPause ? frames : spans[i].end + kAroundSound;
  }
  return spans;
}

struct Listener {
  void take(const SpanPieces& pieces) {
    for (const SpanPiece& piece : pieces) {
      EXPECT_EQ(piece.opens, !open);
      if (piece.opens) {
        spans.push_back({piece.begin, piece.begin});
      } else {
        ASSERT_FALSE(spans.empty());
      }
      EXPECT_EQ(piece.begin, spans.back().end);
      spans.back().end = piece.end;
      open = !piece.closes;
    }
  }
  std::vector<SoundSpan> spans;
  bool open = false;
};

void expect_equal(const std::vector<SoundSpan>& got, const std::vector<SoundSpan>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].begin, want[i].begin);
    EXPECT_EQ(got[i].end, want[i].end);
  }
}

TEST(SoundSpanStream, PiecesAreTheSpansOfTheWhole) {
  std::mt19937 random(5);
  for (int trial = 0; trial < 400; ++trial) {
    const std::vector<bool> loud = random_frames(random);
    const Mel mel = mel_of(loud);
    SoundSpanStream stream;
    Listener listener;
    const int largest = trial % 3 == 0 ? 1 : trial % 3 == 1 ? 40 : 2000;
    for (int at = 0, take = 0; at < mel.frames(); at += take) {
      take = std::min(mel.frames() - at, int(random() % unsigned(largest + 1)));
      const int needed = stream.needed_from();
      EXPECT_LE(at - needed, 88);
      const SpanPieces pieces = stream.push(part_of(mel, {at, at + take}));
      for (const SpanPiece& piece : pieces) {
        EXPECT_GE(piece.begin, needed);
        EXPECT_LE(piece.end, at + take);
      }
      listener.take(pieces);
    }
    listener.take(stream.end());
    EXPECT_FALSE(listener.open);
    expect_equal(listener.spans, by_definition(loud));
    expect_equal(sound_spans(mel), by_definition(loud));
  }
}

// Nothing that is said waits: the last frame of a sound is given out with the push that has it.
TEST(SoundSpanStream, SpeechIsGivenOutAtOnce) {
  SoundSpanStream stream;
  std::vector<bool> loud(50, false);
  EXPECT_TRUE(stream.push(mel_of(loud)).empty());
  const std::vector<bool> sound(20, true);
  int end = 50;
  for (int push = 0; push < 5; ++push) {
    const SpanPieces pieces = stream.push(mel_of(sound));
    ASSERT_EQ(pieces.size(), 1u);
    EXPECT_EQ(pieces[0].begin, push ? end : 0);
    EXPECT_EQ(pieces[0].end, end += 20);
  }
  const SpanPieces after = stream.push(mel_of(std::vector<bool>(108, false)));
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].end, end + kAroundSound);
  EXPECT_FALSE(after[0].closes);
  const SpanPieces over = stream.push(mel_of({false}));
  ASSERT_EQ(over.size(), 1u);
  EXPECT_TRUE(over[0].closes);
}

}  // namespace
}  // namespace tutti
