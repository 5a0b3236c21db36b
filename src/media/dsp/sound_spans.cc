#include "media/dsp/sound_spans.h"

#include <algorithm>
#include <cmath>

#include "media/dsp/mel.h"
#include "media/dsp/sound_span_stream.h"

namespace tutti {
namespace {

constexpr int kFirstBin = 5;  // from 186 Hz on: below are hum and wind
// What a mel filter makes of white noise of amplitude 1: the mean of Rayleigh's distribution with a
// Hann window's power, sqrt(pi / 4 * 400 * 3 / 8), over 31.25 Hz between bins.
constexpr double kWhiteNoise = 0.347;

}  // namespace

// The mean power of the bins. Exponentials are slow, and few of them are needed: most frames have
// one bin that is loud enough for all, or none that could be.
bool is_loud(const float* frame, int bins) {
  static const double threshold =
      std::pow(10, double(kQuietestSound) / 10) * kWhiteNoise * kWhiteNoise;
  const float* const begin = frame + std::min(kFirstBin, bins);
  const float* const end = frame + bins;
  const double enough = threshold * double(end - begin);
  const auto power = [](float value) {
    const double magnitude = log_to_mel(value);
    return magnitude * magnitude;
  };
  if (begin == end || power(*std::max_element(begin, end)) <= threshold) return false;
  double sum = 0;
  for (const float* bin = begin; bin != end && sum <= enough; ++bin) sum += power(*bin);
  return sum > enough;
}

std::vector<SoundSpan> sounding_frames(const Mel& mel, int pause) {
  std::vector<SoundSpan> spans;
  const auto add = [&](int frame) {
    if (!spans.empty() && frame - spans.back().end < pause)
      spans.back().end = frame + 1;
    else
      spans.push_back({frame, frame + 1});
  };
  SoundFinder finder;
  for (int i = 0; i < mel.frames(); ++i)
    finder.push(is_loud(mel.values.data() + size_t(i) * size_t(mel.bins), mel.bins), add);
  finder.end(add);
  return spans;
}

std::vector<SoundSpan> sound_spans(const std::vector<SoundSpan>& sounds, int frames) {
  SpanPieces pieces;
  SpanJoiner joiner;
  for (const SoundSpan& sound : sounds) joiner.hear(sound.begin, sound.end, pieces);
  joiner.end(frames, pieces);
  std::vector<SoundSpan> spans;
  for (const SpanPiece& piece : pieces)
    if (piece.opens)
      spans.push_back({piece.begin, piece.end});
    else
      spans.back().end = piece.end;
  return spans;
}

Mel part_of(const Mel& mel, const SoundSpan& span) {
  const auto at = [&](int frame) { return mel.values.begin() + ptrdiff_t(frame) * mel.bins; };
  return {mel.bins, {at(span.begin), at(span.end)}};
}

}  // namespace tutti
