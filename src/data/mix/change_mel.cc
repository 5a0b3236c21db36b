#include "data/mix/change_mel.h"

#include <algorithm>
#include <cmath>

namespace tutti {
namespace {

constexpr float kSilence = -2.17f;

// Mel scale of Slaney up to 8 kHz is linear below 1 kHz and logarithmic above; a stretch of the
// axis in bins is close to one in hertz below it and to a shift above, as throats differ.
double source_bin(int bin, int bins, double length) {
  const double knee = 0.75 * bins / std::max(1.0, length);
  if (bin < knee) return bin / length;
  // The upper end stays where it is.
  const double at_knee = knee / length;
  return at_knee + (bin - knee) * (bins - 1 - at_knee) / (bins - 1 - knee);
}

// SpecAugment (arXiv 1904.08779), lightly: one band of bins and one stretch of time fall silent.
void mask_bands(Mel& mel, Rng& rng) {
  const int frames = mel.frames();
  if (rng.uniform() < 0.5) return;
  const int bin = rng.below(mel.bins), bins = rng.below(12);
  const int frame = rng.below(std::max(1, frames)),
            length = rng.below(std::max(1, std::min(12, frames / 8)));
  for (int f = 0; f < frames; ++f)
    for (int b = 0; b < mel.bins; ++b)
      if ((b >= bin && b < bin + bins) || (f >= frame && f < frame + length))
        mel.values[size_t(f) * mel.bins + b] = -1.5f;
}

// Rooms and microphones: a tilt and a slow ripple over the bins, and sound that rings on.
void change_room(Mel& mel, Rng& rng) {
  const int frames = mel.frames(), bins = mel.bins;
  const float tilt = 0.35f * float(rng.normal()), ripple = 0.2f * float(rng.normal());
  const double phase = rng.uniform(), waves = 0.5 + 2 * rng.uniform();
  std::vector<float> gain(bins);
  for (int b = 0; b < bins; ++b) {
    const double at = double(b) / (bins - 1);
    gain[b] = tilt * float(at - 0.5) + ripple * float(std::sin(2 * M_PI * (phase + waves * at)));
  }
  // 60 dB are 2.3 of log_mel()'s units; they take 0.1 to 0.4 s to die away, in 10 ms frames.
  const float seconds = 0.1f + 0.3f * float(rng.uniform());
  const float fall = rng.uniform() < 0.5 ? 0.023f / seconds : 1e6f;
  for (int f = 0; f < frames; ++f)
    for (int b = 0; b < bins; ++b) {
      float& value = mel.values[size_t(f) * bins + b];
      value += gain[b];
      if (f) value = std::max(value, mel.values[size_t(f - 1) * bins + b] - fall);
    }
}

// A telephone: nothing above 4 kHz, as in the recorded digits.
void cut_band(Mel& mel) {
  constexpr int kFirstBin = 62;  // of 80 on Slaney's scale up to 8 kHz
  for (int f = 0; f < mel.frames(); ++f)
    std::fill_n(mel.values.begin() + size_t(f) * mel.bins + kFirstBin, mel.bins - kFirstBin,
                kSilence);
}

}  // namespace

Mel warp_mel(const Mel& mel, double speed, double length) {
  const int frames = mel.frames(), bins = mel.bins;
  const int wanted = std::max(1, int(std::lround(frames / speed)));
  Mel out;
  out.bins = bins;
  out.values.resize(size_t(wanted) * bins);
  for (int b = 0; b < bins; ++b) {
    const double bin = std::clamp(source_bin(b, bins, length), 0.0, double(bins - 1));
    const int b0 = int(bin), b1 = std::min(b0 + 1, bins - 1);
    const float across = float(bin - b0);
    for (int f = 0; f < wanted; ++f) {
      const double frame = std::min(f * speed, double(frames - 1));
      const int f0 = int(frame), f1 = std::min(f0 + 1, frames - 1);
      const float along = float(frame - f0);
      const float* early = mel.values.data() + size_t(f0) * bins;
      const float* late = mel.values.data() + size_t(f1) * bins;
      const float first = early[b0] + across * (early[b1] - early[b0]);
      const float second = late[b0] + across * (late[b1] - late[b0]);
      out.values[size_t(f) * bins + b] = first + along * (second - first);
    }
  }
  return out;
}

Mel change_mel(const Mel& mel, Rng& rng) {
  const double speed = rng.uniform() < 0.75 ? 0.78 + 0.48 * rng.uniform() : 1;
  const double length = rng.uniform() < 0.75 ? 0.83 + 0.36 * rng.uniform() : 1;
  Mel heard = warp_mel(mel, speed, length);
  if (rng.uniform() < 0.5) change_room(heard, rng);
  if (rng.uniform() < 0.2) cut_band(heard);
  const float level = float(rng.normal()) * 0.25f, grain = float(rng.uniform()) * 0.12f;
  const float floor = kSilence + 0.9f * float(rng.uniform() * rng.uniform());
  for (float& value : heard.values)
    value = std::max(value + level + grain * float(rng.normal()), floor);
  mask_bands(heard, rng);
  return heard;
}

}  // namespace tutti
