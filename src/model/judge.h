// The judge: an eye that names pictures and an ear that spells speech, trained apart from any model
// that they judge. Built from the architecture's level 1 alone, in sizes of its own.
// P pictures, D width, C classes.
#pragma once

#include "model/stems.h"

namespace tutti {

// Small enough to train in minutes on a laptop: 1.7 million weights with 100 classes.
inline ModelSpec judge_sizes() {
  ModelSpec spec;
  spec.name = "tutti-judge";
  spec.width = 192;
  spec.stem_width = 16;
  spec.local_width = 64;
  spec.image_blocks = 1;
  spec.audio_blocks = 4;
  return spec;
}

template <Ops O>
struct Judge {
  using Tensor = typename O::Tensor;

  template <class Source>
  Judge(const Scope<Source>& scope, const ModelSpec& spec, int classes)
      : eye(scope / "eye", spec),
        ear(scope / "ear", spec),
        eye_norm(scope.gain("heads.eye_norm", 1, spec.width)),
        classify(scope.head("heads.classify", classes, spec.width)),
        ear_norm(scope.gain("heads.ear_norm", 1, spec.width)),
        ctc(scope.head("heads.ctc", kCtcPerToken * kCtcSymbols, spec.width)) {}

  // P x D: the mean of a picture's normalised tokens. Distances between pictures are taken here.
  Tensor features(O& ops, const Batch& batch) const {
    const Tensor tokens = eye.forward(ops, batch).tokens_PD;
    const std::array<int32_t, 2> all = {0, ops.row_count(tokens)};
    std::vector<int32_t> index(ops.row_count(tokens)), bounds(batch.images + 1);
    for (size_t i = 0; i < index.size(); ++i) index[i] = int32_t(i);
    for (int p = 0; p <= batch.images; ++p) bounds[p] = p * kLocalGrid * kLocalGrid;
    return ops.segment_mean(ops.rms_norm(tokens, eye_norm, all), index, bounds);
  }

  // P x D -> P x C logits.
  Tensor class_logits(O& ops, const Tensor& features_PD) const {
    return ops.linear(features_PD, classify);
  }

  // (tokens * 2) x 257 logits, 50 labels a second, as Heads::ctc_logits.
  Tensor ctc_logits(O& ops, const AudioPlan& plan) const {
    const Tensor audio = ear.forward(ops, plan);
    const std::array<int32_t, 2> all = {0, ops.row_count(audio)};
    return ops.reshape(ops.norm_linear(audio, {ear_norm, all}, ctc),
                       ops.row_count(audio) * kCtcPerToken, kCtcSymbols);
  }

  PictureStem<O> eye;
  AudioStem<O> ear;
  Tensor eye_norm, classify, ear_norm, ctc;
};

}  // namespace tutti
