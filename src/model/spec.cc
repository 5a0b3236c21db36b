#include "model/spec.h"

#include <algorithm>
#include <cmath>

namespace tutti {

std::vector<GroupSpec> ModelSpec::reference_groups() {
  return {{"text", 512}, {"see", 256}, {"hear", 256}, {"paint", 512}, {"speak", 512}};
}

std::vector<ModalitySpec> ModelSpec::reference_modalities() {
  return {{.name = "text", .group = 0, .stem = Stem::pieces},
          {.name = "image", .group = 1, .stem = Stem::picture, .merge = kImageMerge},
          {.name = "clip", .group = 1, .stem = Stem::clip, .merge = kClipMerge},
          {.name = "audio", .group = 2, .stem = Stem::sound, .merge = kAudioMerge},
          {.name = "paint",
           .group = 3,
           .stem = Stem::noisy,
           .values = kPaintValues,
           .tokens = kPaintTokens,
           .steps = 8,
           .guidance = 4},
          {.name = "speak",
           .group = 4,
           .stem = Stem::spoken,
           .values = kSpeakValues,
           .steps = 6,
           .guidance = 1.5f}};
}

std::vector<HeadSpec> ModelSpec::reference_heads() {
  using Kind = HeadSpec::Kind;
  return {{"pieces", Kind::pieces, {}},
          {"paint", Kind::values, "paint"},
          {"speak", Kind::values, "speak"},
          {"embed", Kind::embedding, {}},
          {"ctc", Kind::ctc, "audio"},
          {"matte", Kind::matte, "image"},
          {"duration", Kind::durations, "speak"},
          {"vocoder", Kind::vocoder, {}}};
}

RopeSpec RopeSpec::language(float theta) {
  constexpr int kPairs = kHeadWidth / 2;
  RopeSpec rope;
  rope.time = {kPairs, 1, std::pow(theta, -float(kPairs - 1) / float(kPairs))};
  rope.y = rope.x = {};
  return rope;
}

ModelSpec ModelSpec::language(int width, int layers, int kv_heads, int ffn, int vocabulary) {
  ModelSpec spec;
  spec.name = "language";
  spec.vocabulary = vocabulary;
  spec.width = width;
  spec.layers = layers;
  spec.logit_cap = 0;
  spec.groups = {{"text", ffn}};
  spec.modalities = {{.name = "text", .group = 0, .stem = Stem::pieces}};
  spec.heads = {{"pieces", HeadSpec::Kind::pieces, {}}};
  spec.block.qk_norm = spec.block.skips = spec.block.routed = false;
  spec.block.kv_heads = kv_heads;
  spec.block.activation = Activation::swiglu;
  spec.block.rope = RopeSpec::language(10000);
  return spec;
}

int ModelSpec::find(Stem stem) const {
  const auto at = std::find_if(modalities.begin(), modalities.end(),
                               [&](const ModalitySpec& m) { return m.stem == stem; });
  return at == modalities.end() ? -1 : int(at - modalities.begin());
}

int ModelSpec::find(std::string_view name) const {
  const auto at = std::find_if(modalities.begin(), modalities.end(),
                               [&](const ModalitySpec& m) { return m.name == name; });
  return at == modalities.end() ? -1 : int(at - modalities.begin());
}

bool ModelSpec::has(HeadSpec::Kind kind) const {
  return std::any_of(heads.begin(), heads.end(),
                     [&](const HeadSpec& head) { return head.kind == kind; });
}

int ModelSpec::first_noisy() const {
  const auto at = std::find_if(modalities.begin(), modalities.end(),
                               [](const ModalitySpec& m) { return m.noisy(); });
  return int(at - modalities.begin());
}

int64_t ModelSpec::merged_rows(int modality, int64_t tokens) const {
  const int merge = hierarchy ? modalities[size_t(modality)].merge : 1;
  return (tokens + merge - 1) / merge;
}

}  // namespace tutti
