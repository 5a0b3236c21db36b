// The short-time Fourier transform shared by the mel front end and the vocoder, causal so that it
// streams with the least delay.
//
// Frame i is the periodic Hann window of 400 samples (25 ms) over samples [160 i - 240, 160 i +
// 160), with zeros before the start. It is complete as soon as its last 160 samples (10 ms) are
// there: there is no look-ahead, and n samples have n / 160 frames (a rest shorter than a hop is
// left out).
//
// The window lies in the middle of the 512 points of the FFT (56 zeros on each side), as in
// torch.stft(n_fft=512, hop_length=160, win_length=400, center=False) over the signal padded with
// 296 zeros in front and 56 behind.
#pragma once

#include <array>
#include <complex>
#include <span>
#include <vector>

#include "media/dsp/fft.h"

namespace tutti {

inline constexpr int stft_sample_rate = 16000;
inline constexpr int stft_size = 512;
inline constexpr int stft_window = 400;
inline constexpr int stft_hop = 160;
inline constexpr int stft_bins = stft_size / 2 + 1;
inline constexpr int stft_overlap = stft_window - stft_hop;  // samples a frame shares with the past

// frames * stft_bins values, frame-major.
using Spectrum = std::vector<std::complex<float>>;

const std::array<float, stft_window>& hann_window();

// samples: 400, weighted here; bins: 257.
void stft_frame(const float* samples, std::complex<float>* bins);

// Up to four frames at once, the first at `samples`, each a hop behind the one before; the same
// bits. bins: 257 real and imaginary parts by turns. Lanes from `count` on hold the last frame
// again.
void stft_frames(const float* samples, int count, Floats4* bins);

// samples: 257 bins in, the 400 windowed samples out (the analysis window applied a second time,
// for overlap-add).
void inverse_stft_frame(const std::complex<float>* bins, float* samples);

// One stream of samples; not thread-safe.
class StftStream {
 public:
  // Appends the frames that these samples complete. Any chunk size gives the same frames.
  void push(std::span<const float> samples, Spectrum& out);

 private:
  std::array<float, stft_window> recent_{};  // the window being filled
  int filled_ = stft_overlap;
};

Spectrum stft(std::span<const float> samples);

}  // namespace tutti
