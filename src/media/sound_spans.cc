#include "media/dsp/sound_spans.h"

#include <algorithm>
#include <cmath>

#include "media/dsp/mel.h"

namespace tutti {
namespace {

constexpr int kWindow = 10, kLoud = 6;  // frames, and how many of them are loud in a sound
constexpr int kFirstBin = 5;            // from 186 Hz on: below are hum and wind
// What a mel filter makes of white noise of amplitude 1: the mean of Rayleigh's distribution with a
// Hann window's power, sqrt(pi / 4 * 400 * 3 / 8), over 31.25 Hz between bins.
constexpr double kWhiteNoise = 0.347;

float level_db(const float* frame, int bins) {
  double sum = 0;
  for (int bin = kFirstBin; bin < bins; ++bin) {
    const double magnitude = log_to_mel(frame[bin]);
    sum += magnitude * magnitude;
  }
  const double mean = sum / std::max(1, bins - kFirstBin);
  return float(10 * std::log10(mean / (kWhiteNoise * kWhiteNoise) + 1e-20));
}

std::vector<char> loud_frames(const Mel& mel) {
  std::vector<char> loud(size_t(mel.frames()));
  for (int i = 0; i < mel.frames(); ++i)
    loud[size_t(i)] =
        level_db(mel.values.data() + size_t(i) * size_t(mel.bins), mel.bins) > kQuietestSound;
  return loud;
}

}  // namespace

std::vector<SoundSpan> sounding_frames(const Mel& mel, int pause) {
  const std::vector<char> loud = loud_frames(mel);
  const int frames = int(loud.size()), window = std::min(kWindow, frames);
  std::vector<char> sounds(loud.size());
  int count = 0;
  for (int end = 1; end <= frames; ++end) {
    count += loud[size_t(end - 1)] - (end > window ? loud[size_t(end - 1 - window)] : 0);
    if (end < window || count < std::min(kLoud, window)) continue;
    for (int i = end - window; i < end; ++i) sounds[size_t(i)] |= loud[size_t(i)];
  }
  std::vector<SoundSpan> spans;
  for (int i = 0; i < frames; ++i) {
    if (!sounds[size_t(i)]) continue;
    if (!spans.empty() && i - spans.back().end < pause)
      spans.back().end = i + 1;
    else
      spans.push_back({i, i + 1});
  }
  return spans;
}

std::vector<SoundSpan> sound_spans(const Mel& mel) {
  std::vector<SoundSpan> spans = sounding_frames(mel, kLongPause);
  const int frames = mel.frames();
  for (SoundSpan& span : spans) {
    span.begin = span.begin < (&span == spans.data() ? kLongLead : kAroundSound)
                     ? 0
                     : span.begin - kAroundSound;
    span.end = frames - span.end < kLongPause ? frames : span.end + kAroundSound;
  }
  return spans;
}

Mel part_of(const Mel& mel, const SoundSpan& span) {
  const auto at = [&](int frame) { return mel.values.begin() + ptrdiff_t(frame) * mel.bins; };
  return {mel.bins, {at(span.begin), at(span.end)}};
}

}  // namespace tutti
