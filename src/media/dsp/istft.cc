#include "media/dsp/istft.h"

#include <algorithm>

namespace tutti {
namespace {

// Below this share of a whole window's weight (the sum is 0.9 to 1.4 inside) a sample fades out.
constexpr float least_weight = 0.05f;

// Sums of squared windows, by position in the hop. inside: where every overlapping frame is
// present; tail: over the last 240 samples, after which no frame follows.
struct Weights {
  std::array<float, stft_hop> inside{};
  std::array<float, stft_overlap> tail{};

  Weights() {
    const auto& window = hann_window();
    for (int n = 0; n < stft_window; ++n) inside[n % stft_hop] += window[n] * window[n];
    for (int n = 0; n < stft_overlap; ++n) {
      for (int p = n + stft_hop; p < stft_window; p += stft_hop) tail[n] += window[p] * window[p];
      tail[n] = std::max(tail[n], least_weight);
    }
  }
};

const Weights& weights() {
  static const Weights instance;
  return instance;
}

}  // namespace

std::array<float, stft_hop> IstftStream::push(
    std::span<const std::complex<float>, stft_bins> bins) {
  std::array<float, stft_window> frame;
  inverse_stft_frame(bins.data(), frame.data());
  for (int n = 0; n < stft_window; ++n) pending_[n] += frame[n];

  std::array<float, stft_hop> out;
  for (int n = 0; n < stft_hop; ++n) out[n] = pending_[n] / weights().inside[n];
  std::copy(pending_.begin() + stft_hop, pending_.end(), pending_.begin());
  std::fill(pending_.end() - stft_hop, pending_.end(), 0.f);
  return out;
}

std::array<float, stft_overlap> IstftStream::finish() {
  std::array<float, stft_overlap> out;
  for (int n = 0; n < stft_overlap; ++n) out[n] = pending_[n] / weights().tail[n];
  pending_.fill(0);
  return out;
}

std::vector<float> istft(std::span<const std::complex<float>> spectrum) {
  const size_t frames = spectrum.size() / stft_bins;
  if (frames == 0) return {};
  std::vector<float> out;
  out.reserve(frames * stft_hop + stft_overlap);
  IstftStream stream;
  for (size_t i = 0; i < frames; ++i) {
    const auto block = stream.push(std::span<const std::complex<float>, stft_bins>(
        spectrum.data() + i * stft_bins, stft_bins));
    out.insert(out.end(), block.begin(), block.end());
  }
  const auto rest = stream.finish();
  out.insert(out.end(), rest.begin(), rest.end());
  out.erase(out.begin(), out.begin() + stft_overlap);
  return out;
}

}  // namespace tutti
