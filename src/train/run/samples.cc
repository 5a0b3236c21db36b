#include "train/run/samples.h"

#include <algorithm>
#include <cmath>

#include "base/rounding.h"
#include "model/flow_solver.h"
#include "train/objectives/objective.h"

namespace tutti {
namespace {

std::vector<float> noise(size_t count, Rng& rng) {
  std::vector<float> values(count);
  for (float& value : values) value = float(rng.normal());
  return values;
}

// From noise to data; predict(z, t) gives x_hat of the same size as z.
template <class Predict>
std::vector<float> integrate(std::vector<float> z, int steps, Predict predict) {
  torch::NoGradGuard no_grad;
  FlowSolver solver;
  for (int i = 0; i < steps; ++i) {
    const float t = flow_time(i, steps);
    solver.step(z, predict(z, t), t, flow_time(i + 1, steps));
  }
  return z;
}

std::vector<float> values_of(TorchOps& ops, const Model<TorchOps>& model, const Batch& batch,
                             int modality) {
  const auto out = model.forward(ops, batch);
  const torch::Tensor x =
      head_values(ops, model, batch, out.trunk.x_ND, modality).to(torch::kCPU).contiguous();
  return {x.data_ptr<float>(), x.data_ptr<float>() + x.numel()};
}

// Everything of the example in front of its last segment.
void add_context(BatchBuilder& builder, const Example& example) {
  builder.begin_sequence();
  for (size_t s = 0; s + 1 < example.segments.size(); ++s) {
    const Segment& segment = example.segments[s];
    if (segment.says()) builder.text(segment.tokens);
    if (segment.sounds()) builder.audio(segment.mel);
  }
}

void paste(Picture& canvas, const Picture& picture, int x, int y) {
  for (int row = 0; row < picture.height; ++row)
    std::copy_n(picture.at(0, row), picture.width * picture.channels, canvas.at(x, y + row));
}

Picture mel_picture(const std::vector<float>& values) {
  const int frames = int(values.size()) / kMelBins;
  Picture picture = make_picture(frames, kMelBins, 1);
  for (int f = 0; f < frames; ++f)
    for (int bin = 0; bin < kMelBins; ++bin)
      *picture.at(f, kMelBins - 1 - bin) = to_byte((values[f * kMelBins + bin] + 2.2f) * 55.0f);
  return picture;
}

}  // namespace

Picture sample_pictures(TorchOps& ops, const Model<TorchOps>& model,
                        const std::vector<DrawnExample>& examples, Rng& rng) {
  std::vector<const Example*> chosen;
  for (const auto& [example, drop, noisy] : examples)
    if (example.segments.size() > 1 && example.segments.back().stem == Stem::noisy &&
        chosen.size() < 8)
      chosen.push_back(&example);
  if (chosen.empty()) return {};
  const int modality = model.spec.find(Stem::noisy);
  const ModalitySpec& painted = model.spec.modalities[size_t(modality)];
  constexpr size_t kValues = size_t(kPaintTokens) * kPaintValues;
  const auto drawn =
      integrate(noise(chosen.size() * kValues, rng), painted.steps, [&](const auto& z, float t) {
        BatchBuilder builder(model.spec);
        for (size_t i = 0; i < chosen.size(); ++i) {
          add_context(builder, *chosen[i]);
          builder.paint(std::span(z).subspan(i * kValues, kValues), t);
        }
        const Batch batch = builder.build();
        return values_of(ops, model, batch, modality);
      });
  Picture canvas = make_picture(int(chosen.size()) * kPaintSize, 2 * kPaintSize, 3);
  for (size_t i = 0; i < chosen.size(); ++i) {
    paste(canvas, chosen[i]->segments.back().image, int(i) * kPaintSize, 0);
    paste(canvas, paint_picture(std::span(drawn).subspan(i * kValues, kValues)),
          int(i) * kPaintSize, kPaintSize);
  }
  return canvas;
}

Picture sample_speech(TorchOps& ops, const Model<TorchOps>& model,
                      const std::vector<DrawnExample>& examples, Rng& rng) {
  const auto found = std::find_if(examples.begin(), examples.end(), [](const DrawnExample& e) {
    const auto& segments = e.example.segments;
    return !segments.empty() && segments.back().stem == Stem::spoken;
  });
  if (found == examples.end()) return {};
  const Segment& speech = found->example.segments.back();
  const std::vector<float> real = speak_tokens(speech.mel);
  const auto alignment = align_speech(speech, int(real.size()) / kSpeakValues);
  const int modality = model.spec.find(Stem::spoken);
  const ModalitySpec& speaks = model.spec.modalities[size_t(modality)];
  const auto spoken = integrate(noise(real.size(), rng), speaks.steps, [&](const auto& z, float t) {
    BatchBuilder builder(model.spec);
    add_context(builder, found->example);
    builder.speak(z, t, spoken_text(speech.transcript), alignment);
    const Batch batch = builder.build();
    return values_of(ops, model, batch, modality);
  });
  const Picture above = mel_picture(real), below = mel_picture(spoken);
  Picture canvas = make_picture(above.width, 2 * kMelBins + 2, 1, 255);
  paste(canvas, above, 0, 0);
  paste(canvas, below, 0, kMelBins + 2);
  return canvas;
}

}  // namespace tutti
