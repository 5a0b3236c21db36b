// Mel to waveform: ConvNeXt-like layers predict the complex short-time spectrum of every 10 ms
// frame, an inverse STFT (base of media/istft) does the rest. Source: Vocos (arXiv 2306.00814),
// here causal: a frame depends on itself and the 6 before it in each layer.
#pragma once

#include "model/ops.h"
#include "model/params.h"
#include "model/spec.h"

namespace tutti {

template <Ops O>
struct Vocoder {
  using Tensor = typename O::Tensor;
  static constexpr int kTaps = 7;

  struct Layer {
    Tensor taps_7W, norm;
    Linear<Tensor> up, down;
  };

  template <class Source>
  Vocoder(const Scope<Source>& scope, const ModelSpec& spec)
      : input(scope.head("input", spec.vocoder_width, kMelBins)),
        norm(scope.gain("norm", 1, spec.vocoder_width)),
        output(scope.head("output", 3 * kSpectrumBins, spec.vocoder_width)) {
    for (int i = 0; i < spec.vocoder_blocks; ++i) {
      const auto at = scope / ("block_" + std::to_string(i));
      const int width = spec.vocoder_width;
      layers.push_back({at.gain("depthwise", kTaps, width, normal(0.4f)), at.gain("norm", 1, width),
                        at.matrix("up", 3 * width, width, {.elastic = Axis::rows}),
                        at.zero_matrix("down", width, 3 * width, {.elastic = Axis::cols})});
    }
  }

  // mel: F frames x 80 of one or more sounds; neighbours: 7 rows a frame, -1 before a sound's start
  // (see causal_neighbours). -> F x 771: ln magnitude, then the two components whose direction is
  // the phase, 257 bins each.
  Tensor forward(O& ops, const Tensor& mel_F80, RowIndex neighbours) const {
    Tensor x = ops.linear(mel_F80, input);
    const std::array<int32_t, 2> bounds = {0, ops.row_count(x)};
    for (const Layer& layer : layers) {
      const Tensor h = ops.depthwise(x, layer.taps_7W, neighbours);
      x = ops.feed_forward(h, {layer.norm, bounds}, std::span(&layer.up, 1), Activation::relu2,
                           std::span(&layer.down, 1), {x, bounds});
    }
    return ops.norm_linear(x, {norm, bounds}, output);
  }

  Tensor input, norm, output;
  std::vector<Layer> layers;
};

// Appends the rows that each of `frames` frames from `first` looks back to.
inline void causal_neighbours(std::vector<int32_t>& index, int first, int frames, int taps = 7) {
  for (int i = 0; i < frames; ++i)
    for (int tap = 0; tap < taps; ++tap) {
      const int source = i + tap - (taps - 1);
      index.push_back(source < 0 ? -1 : first + source);
    }
}

}  // namespace tutti
