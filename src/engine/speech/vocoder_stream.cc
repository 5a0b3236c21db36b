#include "engine/speech/vocoder_stream.h"

#include <algorithm>
#include <cmath>
#include <complex>

namespace tutti {
namespace {

constexpr float kLoudest = 6;  // of ln magnitude; full-scale speech peaks near 4.5

// Three blocks of 257: ln magnitude, then the components whose direction is the phase.
void spectrum_frame(const float* row, std::complex<float>* bins) {
  for (int bin = 0; bin < kSpectrumBins; ++bin) {
    const float magnitude = std::exp(std::min(row[bin], kLoudest));
    const float re = row[kSpectrumBins + bin], im = row[2 * kSpectrumBins + bin];
    const float length = std::hypot(re, im);
    bins[bin] = length > 0 ? std::complex<float>(re, im) * (magnitude / length) : magnitude;
  }
}

}  // namespace

VocoderStream::VocoderStream(const LoadedModel& loaded)
    : history_(int((loaded.model.vocoder ? loaded.model.vocoder->layers.size() : 0)) *
               (Vocoder<CpuOps>::kTaps - 1)) {}

void VocoderStream::add_samples(const CpuTensor& spectrum, int first_frame,
                                std::vector<float>& samples) {
  std::vector<std::complex<float>> bins(kSpectrumBins);
  for (int frame = first_frame; frame < spectrum.rows(); ++frame) {
    spectrum_frame(spectrum.row(frame), bins.data());
    const auto block =
        istft_.push(std::span<const std::complex<float>, stft_bins>(bins.data(), stft_bins));
    const int skipped = std::min(skip_, stft_hop);
    samples.insert(samples.end(), block.begin() + skipped, block.end());
    skip_ -= skipped;
  }
}

Result<std::vector<float>> VocoderStream::push(Session& session, std::span<const float> mel) {
  std::vector<float> window = past_;
  window.insert(window.end(), mel.begin(), mel.end());
  const int before = int(past_.size()) / kMelBins, frames = int(window.size()) / kMelBins;
  std::vector<float> samples;
  if (frames == before) return samples;
  std::vector<int32_t> neighbours;
  causal_neighbours(neighbours, 0, frames);

  CpuOps& ops = session.ops;
  TUTTI_CHECK(session.run([&] {
    const CpuTensor spectrum = session.loaded().model.vocoder->forward(
        ops, ops.constant(window, frames, kMelBins), neighbours);
    if (ops.computing()) add_samples(spectrum, before, samples);
  }));
  const int kept = std::min(frames, history_);
  past_.assign(window.end() - ptrdiff_t(kept) * kMelBins, window.end());
  return samples;
}

std::vector<float> VocoderStream::finish() {
  const auto rest = istft_.finish();
  const int skipped = std::min(skip_, int(rest.size()));
  past_.clear();
  skip_ = stft_overlap;
  return {rest.begin() + skipped, rest.end()};
}

}  // namespace tutti
