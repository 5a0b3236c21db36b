// The inverse of media/dsp/stft.h: weighted overlap-add, normalised by the sum of squared windows
// (Griffin and Lim 1984, equation 6), so that istft(stft(x)) is x.
//
//   IstftStream stream;
//   for (each frame) play(stream.push(bins));   // 160 samples each, 240 samples (15 ms) late
//   play(stream.finish());                      // the last 240
//
// The delay is what overlap-add costs: frame i still changes samples from 160 i - 240 on.
#pragma once

#include <array>
#include <complex>
#include <span>
#include <vector>

#include "media/dsp/stft.h"

namespace tutti {

// One stream of frames; not thread-safe.
class IstftStream {
 public:
  // bins: 257 values. Returns samples [160 i - 240, 160 i - 80) of the signal for the i-th frame;
  // the first 240 samples of the stream lie before the start of the signal and are near silence.
  std::array<float, stft_hop> push(std::span<const std::complex<float>, stft_bins> bins);

  // The last 240 samples. The final few milliseconds are covered by one window's tail alone, so
  // they fade out rather than divide by almost nothing. Starts the stream anew.
  std::array<float, stft_overlap> finish();

 private:
  std::array<float, stft_window> pending_{};  // sums of windowed samples, oldest first
};

// frames * 257 values in, frames * 160 samples out; sample 0 is the signal's start. Values after
// the last whole frame are ignored.
std::vector<float> istft(std::span<const std::complex<float>> spectrum);

}  // namespace tutti
