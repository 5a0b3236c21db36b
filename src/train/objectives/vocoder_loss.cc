#include "train/objectives/vocoder_loss.h"

namespace tutti {
namespace {

using torch::Tensor;

constexpr int kBins = 257, kSize = 512, kWindow = 400, kHop = 160, kOverlap = kWindow - kHop;

// Rows x 771 -> complex rows x 257. Magnitudes are capped at e^6, far above a full-scale tone.
Tensor complex_spectrum(const Tensor& rows) {
  const Tensor magnitude = torch::exp(rows.narrow(1, 0, kBins).clamp_max(6));
  const Tensor a = rows.narrow(1, kBins, kBins), b = rows.narrow(1, 2 * kBins, kBins);
  const Tensor unit = magnitude * torch::rsqrt(a * a + b * b + 1e-9);
  return torch::complex(a * unit, b * unit);
}

// The same inverse as media/dsp/istft.h: windowed frames, overlap-added, over the sum of squared
// windows.
Tensor inverse_stft(const Tensor& spectrum) {
  const int64_t frames = spectrum.size(0), length = frames * kHop + kOverlap;
  const auto options = torch::TensorOptions(torch::kFloat).device(spectrum.device());
  const Tensor window = torch::hann_window(kWindow, options);
  const Tensor blocks =
      torch::fft_irfft(spectrum, kSize).narrow(1, (kSize - kWindow) / 2, kWindow) * window;
  const auto overlap_add = [&](const Tensor& rows) {
    return torch::col2im(rows.t().unsqueeze(0), {1, length}, {1, kWindow}, {1, 1}, {0, 0},
                         {1, kHop})
        .flatten();
  };
  const Tensor sum = overlap_add((window * window).expand({frames, kWindow}).contiguous());
  const Tensor sound = overlap_add(blocks) / sum.clamp_min(0.05);
  return sound.narrow(0, kOverlap, frames * kHop);
}

Tensor magnitudes(const Tensor& sound, int size) {
  const Tensor window = torch::hann_window(size, sound.options());
  const Tensor complex =
      torch::stft(sound, size, size / 4, size, window, /*center=*/true, "reflect",
                  /*normalized=*/false, /*onesided=*/true, /*return_complex=*/true);
  const Tensor parts = torch::view_as_real(complex);
  return torch::sqrt((parts * parts).sum(-1) + 1e-7);
}

Tensor spectral_distance(const Tensor& sound, const Tensor& target, int size) {
  const Tensor a = magnitudes(sound, size), b = magnitudes(target, size);
  const Tensor convergence = (a - b).norm() / (b.norm() + 1e-3);
  return convergence + (a.clamp_min(1e-3).log() - b.clamp_min(1e-3).log()).abs().mean();
}

}  // namespace

Tensor vocoder_loss(const Tensor& spectrum, const Tensor& samples,
                    const std::vector<int32_t>& frames) {
  Tensor sum;
  int64_t row = 0;
  for (int32_t count : frames) {
    const Tensor sound = inverse_stft(complex_spectrum(spectrum.narrow(0, row, count)));
    const Tensor target = samples.narrow(0, row * kHop, int64_t(count) * kHop);
    for (int size : {256, 512, 1024}) {
      const Tensor distance = spectral_distance(sound, target, size) / 3.0;
      sum = sum.defined() ? sum + distance : distance;
    }
    row += count;
  }
  return sum / double(frames.size());
}

}  // namespace tutti
