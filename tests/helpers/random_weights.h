// Test helper: weights for any model, drawn from the tensors' names, so that two sources agree.
// Nothing is zero: every path of the architecture changes the result.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "model/spec.h"
#include "runtime/memory/weights.h"

namespace tutti {

inline ModelSpec tiny_config() {
  ModelSpec config;
  config.name = "tiny";
  config.vocabulary = 320;
  config.context = 192;
  config.width = 64;
  config.layers = 4;  // one of them routed
  for (size_t g = 0; g < config.groups.size(); ++g)
    config.groups[g].ffn = g == 0 ? 64 : g < 3 ? 32 : 48;
  config.stem_width = 8;
  config.local_width = 64;
  config.audio_blocks = 1;
  config.bottleneck = 16;
  config.modulation_rank = 8;
  config.speech_text_width = 16;
  config.embedding = 16;
  config.vocoder_width = 32;
  config.vocoder_blocks = 2;
  return config;
}

// With a group and a modality of that name, which reads rows of numbers.
inline ModelSpec with_rows(ModelSpec config, const std::string& name, int values, int tokens) {
  config.groups.insert(config.groups.begin() + 1, {name, 32});
  for (ModalitySpec& modality : config.modalities) modality.group += modality.group > 0;
  config.modalities.insert(
      config.modalities.begin() + 1,
      {.name = name, .group = 1, .stem = Stem::patches, .values = values, .tokens = tokens});
  return config;
}

inline std::vector<float> weight_values(const std::string& name, int rows, int cols) {
  Rng rng(std::hash<std::string>()(name));
  const bool gain = name.ends_with("norm") || name.ends_with("gain") || name.ends_with("bias");
  std::vector<float> values(size_t(rows) * cols);
  for (float& value : values)
    value = gain ? float(1 + 0.2 * rng.normal()) : float(rng.normal() / std::sqrt(double(cols)));
  return values;
}

inline WeightSource random_weights() {
  return WeightSource([](const std::string& name, int rows, int cols) {
    return Result<std::vector<float>>(weight_values(name, rows, cols));
  });
}

}  // namespace tutti
