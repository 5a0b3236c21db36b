#include "media/dsp/stft.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "media/dsp/fft.h"

namespace tutti {
namespace {

constexpr int window_offset = (stft_size - stft_window) / 2;

const RealFft& fft() {
  static const RealFft instance(stft_size);
  return instance;
}

std::array<float, stft_window> make_hann() {
  std::array<float, stft_window> window;
  for (int n = 0; n < stft_window; ++n) {
    window[n] = float(0.5 - 0.5 * std::cos(2 * std::numbers::pi * n / stft_window));
  }
  return window;
}

}  // namespace

const std::array<float, stft_window>& hann_window() {
  static const std::array<float, stft_window> window = make_hann();
  return window;
}

void stft_frame(const float* samples, std::complex<float>* bins) {
  const auto& window = hann_window();
  std::array<float, stft_size> block{};
  for (int n = 0; n < stft_window; ++n) block[window_offset + n] = samples[n] * window[n];
  fft().forward(block.data(), bins);
}

void stft_frames(const float* samples, int count, Floats4* bins) {
  const auto& window = hann_window();
  std::array<Floats4, stft_size> block{};
  for (int lane = 0; lane < 4; ++lane) {
    const float* frame = samples + std::min(lane, count - 1) * stft_hop;
    for (int n = 0; n < stft_window; ++n) block[window_offset + n][lane] = frame[n] * window[n];
  }
  fft().forward(block.data(), bins);
}

void inverse_stft_frame(const std::complex<float>* bins, float* samples) {
  const auto& window = hann_window();
  std::array<float, stft_size> block;
  fft().inverse(bins, block.data());
  for (int n = 0; n < stft_window; ++n) samples[n] = block[window_offset + n] * window[n];
}

void StftStream::push(std::span<const float> samples, Spectrum& out) {
  while (!samples.empty()) {
    const size_t take = std::min(samples.size(), size_t(stft_window - filled_));
    std::copy_n(samples.begin(), take, recent_.begin() + filled_);
    samples = samples.subspan(take);
    filled_ += int(take);
    if (filled_ < stft_window) return;

    out.resize(out.size() + stft_bins);
    stft_frame(recent_.data(), out.data() + out.size() - stft_bins);
    std::copy(recent_.begin() + stft_hop, recent_.end(), recent_.begin());
    filled_ = stft_overlap;
  }
}

Spectrum stft(std::span<const float> samples) {
  Spectrum out;
  out.reserve(samples.size() / stft_hop * stft_bins);
  StftStream().push(samples, out);
  return out;
}

}  // namespace tutti
