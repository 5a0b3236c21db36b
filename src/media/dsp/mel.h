// Log-mel spectrograms of 16 kHz sound, in whole or as a stream, with values as in
// base/media_types.h.
//
// 80 triangles over 0..8000 Hz on Slaney's mel scale with his area normalisation (the defaults of
// librosa.filters.mel), applied to magnitudes. With HTK's scale the lowest triangles would be 22 Hz
// wide, narrower than the 31.25 Hz between bins of the FFT, and some would be empty.
//
// Frames are computed four at a time, which takes a quarter of the time of one after another.
//
// Frame i ends with sample 160 i + 159 and looks at no later one (see media/dsp/stft.h): the
// stream's delay is one hop, 10 ms, and n samples have n / 160 frames.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "base/media_types.h"
#include "base/result.h"
#include "media/dsp/stft.h"

namespace tutti {

inline constexpr int mel_bins = 80;

// One triangle: weights for the FFT bins first, first + 1, ...
struct MelFilter {
  int first = 0;
  std::vector<float> weights;
};
const std::array<MelFilter, mel_bins>& mel_filters();

// magnitudes: 257; mel: 80, not yet logarithmic.
void apply_mel_filters(const float* magnitudes, float* mel);

float mel_to_log(float mel);    // (ln(max(mel, 1e-5)) + 5) / 3
float log_to_mel(float value);  // its inverse

Mel log_mel(std::span<const float> samples_at_16khz);

// Refuses any other sample rate; media/decode_sound.h always yields 16 kHz.
Result<Mel> log_mel(const Sound& sound);

// One stream of samples; not thread-safe.
class MelStream {
 public:
  // The frames that these samples complete: none, one or many. Any chunk size gives the very values
  // that log_mel() gives for the whole.
  Mel push(std::span<const float> samples_at_16khz);

 private:
  // From the next frame's window on; first of all the silence before the start.
  std::vector<float> samples_ = std::vector<float>(stft_overlap);
};

}  // namespace tutti
