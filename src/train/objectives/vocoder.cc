#include "train/objectives/vocoder.h"

#include "media/dsp/mel.h"
#include "train/objectives/vocoder_loss.h"

namespace tutti {

using torch::Tensor;

Status VocoderOptions::read(RecipeTable table) {
  return table.read("weight", weight, kWeight).finish();
}

std::shared_ptr<Targets> VocoderObjective::targets(const Collated& collated) const {
  if (!collated.config.has(HeadSpec::Kind::vocoder)) return nullptr;
  auto out = std::make_unique<VocoderTargets>();
  for (const DrawnExample* drawn : collated.examples) {
    if (drawn->example.task != Task::vocode) continue;
    std::vector<float> samples = drawn->example.sound.samples;
    const Mel mel = log_mel(samples);
    out->frames.push_back(mel.frames());
    out->mel.insert(out->mel.end(), mel.values.begin(), mel.values.end());
    samples.resize(size_t(mel.frames()) * 160);
    out->samples.insert(out->samples.end(), samples.begin(), samples.end());
  }
  if (out->frames.empty()) return nullptr;
  out->counts["vocoder"] = double(out->frames.size());
  return out;
}

void VocoderObjective::losses(Pass& pass, const Targets& targets, const Whole&,
                              LossTerms& terms) const {
  const auto& mine = static_cast<const VocoderTargets&>(targets);
  std::vector<int32_t> neighbours;
  int rows = 0;
  for (int32_t frames : mine.frames) {
    causal_neighbours(neighbours, rows, frames);
    rows += frames;
  }
  const Tensor mel = pass.ops.constant(mine.mel, rows, kMelBins);
  const Tensor spectrum = pass.model.vocoder->forward(pass.ops, mel, neighbours).to(torch::kFloat);
  terms.add("vocoder", vocoder_loss(spectrum, pass.floats(mine.samples), mine.frames),
            options_.weight);
}

}  // namespace tutti
