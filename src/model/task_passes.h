// One forward pass of the network for each kind of answer, written once over the Ops concept: the
// same batches through the CPU runtime and through libtorch, so that only the engine differs.
//
//   for (const Pass& pass : task_passes(config)) time([&] { run_pass(ops, model, pass); });
//
// Nothing is cached between passes. What the runtime saves by caching comes on top of this.
#pragma once

#include <string>

#include "base/rng.h"
#include "model/model.h"

namespace tutti::bench {

struct Pass {
  enum class Head { text, ctc, paint, speak, matte, vocoder };
  std::string name;
  Head head;
  Batch batch;
  std::vector<float> mel = {};  // vocoder: frames x kMelBins
};

inline constexpr int kPassSounds = 300;  // mel frames, 3 s
inline constexpr int kPassSpoken = 75;   // speech tokens, 3 s
inline constexpr int kPassText = 64;

inline std::vector<float> pass_values(size_t count) {
  Rng rng(11);
  std::vector<float> values(count);
  for (float& value : values) value = float(rng.normal());
  return values;
}

// Two sequences of 12 words' tokens, with noise to follow: a step with guidance.
template <class AddNoisy>
Batch guided_step(const ModelSpec& config, const AddNoisy& add_noisy) {
  const std::vector<int32_t> prompt = {1, 20, 33, 7, 41, 52, 60, 71, 18, 9, 25, 4};
  BatchBuilder builder(config);
  for (int s = 0; s < 2; ++s) {
    builder.begin_sequence();
    builder.text(prompt);
    add_noisy(builder);
  }
  return builder.build();
}

inline std::vector<Pass> task_passes(const ModelSpec& config) {
  const std::vector<int32_t> prompt = {1, 20, 33, 7};
  Picture picture = make_picture(kImageSize, kImageSize, 3);
  Rng rng(5);
  for (uint8_t& pixel : picture.pixels) pixel = uint8_t(rng.below(256));
  const auto sequence = [&](const auto& add_media) {
    BatchBuilder builder(config);
    builder.begin_sequence();
    add_media(builder);
    builder.text(prompt);
    return builder.build();
  };
  const std::string words = "two blue triangles and a red circle ";
  std::vector<int32_t> alignment(kPassSpoken);
  for (int i = 0; i < kPassSpoken; ++i) alignment[i] = i * int(words.size()) / kPassSpoken;

  std::vector<int32_t> text(kPassText);
  for (int i = 0; i < kPassText; ++i) text[i] = 3 + i * 101 % (config.vocabulary - 3);

  std::vector<Pass> passes;
  passes.push_back({"text", Pass::Head::text, sequence([&](BatchBuilder& b) { b.text(text); })});
  passes.push_back(
      {"picture to text", Pass::Head::text, sequence([&](BatchBuilder& b) { b.image(picture); })});
  passes.push_back({"clip to text", Pass::Head::text, sequence([&](BatchBuilder& b) {
                      b.clip(std::vector<Picture>(kClipFrames, picture));
                    })});
  const Mel mel = {kMelBins, pass_values(size_t(kPassSounds) * kMelBins)};
  passes.push_back(
      {"speech to text", Pass::Head::ctc, sequence([&](BatchBuilder& b) { b.audio(mel); })});
  passes.push_back({"painting step", Pass::Head::paint, guided_step(config, [](BatchBuilder& b) {
                      b.paint(pass_values(size_t(kPaintTokens) * kPaintValues), 0.5f);
                    })});
  passes.push_back({"speaking step", Pass::Head::speak, guided_step(config, [&](BatchBuilder& b) {
                      b.speak(pass_values(size_t(kPassSpoken) * kSpeakValues), 0.5f, words,
                              alignment);
                    })});
  passes.push_back({"vocoder", Pass::Head::vocoder, {}, mel.values});
  passes.push_back(
      {"picture to mask", Pass::Head::matte, sequence([&](BatchBuilder& b) { b.image(picture); })});
  return passes;
}

// As the sessions do: encoders alone where an answer comes from them, else the whole network.
template <Ops O>
typename O::Tensor run_pass(O& ops, const Model<O>& model, const Pass& pass) {
  const Batch& batch = pass.batch;
  if (pass.head == Pass::Head::vocoder) {
    std::vector<int32_t> neighbours;
    const int frames = int(pass.mel.size()) / kMelBins;
    causal_neighbours(neighbours, 0, frames);
    return model.vocoder->forward(ops, ops.constant(pass.mel, frames, kMelBins), neighbours);
  }
  if (pass.head == Pass::Head::ctc)
    return model.heads.ctc_logits(ops, model.audio_stem->forward(ops, batch.audio));
  if (pass.head == Pass::Head::matte)
    return model.heads.matte->forward(ops, model.picture_stem->forward(ops, batch), 1);
  const auto x_ND = model.forward(ops, batch).trunk.x_ND;
  const auto rows = [&](int modality, int most) {
    const int begin = batch.row_begin[modality], end = batch.row_begin[modality + 1];
    return ops.rows(x_ND, std::max(begin, end - most), end);
  };
  const auto values = [&](Stem stem) {
    const int modality = model.spec.find(stem);
    return ops.linear(rows(modality, 1 << 20), model.heads.values[size_t(modality)]);
  };
  if (pass.head == Pass::Head::paint) return values(Stem::noisy);
  if (pass.head == Pass::Head::speak) return values(Stem::spoken);
  return model.heads.text_logits(ops, rows(model.spec.find(Stem::pieces), 1), model.output());
}

}  // namespace tutti::bench
