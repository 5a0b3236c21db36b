// What a model is made of. Everything that is sized, grouped or named is read from here, and a
// model file carries it, so the same code runs the test model, the shipped one and what comes next.
// Read this file first.
//
//   modalities -> stems (level 1, 2) -> rows of the trunk, sorted by modality -> heads
//
// Adding a modality whose rows are numbers is an entry of `modalities` and nothing else; adding one
// with a stem of its own is a Stem, a class in stems.h and a function of BatchBuilder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/media_types.h"
#include "model/activation.h"

namespace tutti {

// Geometry fixed by what pictures and sounds are fitted to before they come in.
inline constexpr int kHeadWidth = 64;
inline constexpr int kImageSize = 128;                              // pixels a side, seen
inline constexpr int kImagePatch = 4;                               // of the stem
inline constexpr int kStemGrid = kImageSize / kImagePatch;          // rows a side of the stem: 32
inline constexpr int kStemRows = kStemGrid * kStemGrid;             // 1024
inline constexpr int kMiddleGrid = kStemGrid / 2;                   // 16
inline constexpr int kMiddleRows = kMiddleGrid * kMiddleGrid;       // 256
inline constexpr int kLocalGrid = kMiddleGrid / 2;                  // level 1 ends at 8x8
inline constexpr int kPictureTokens = kLocalGrid * kLocalGrid;      // 64
inline constexpr int kPixelValues = kImagePatch * kImagePatch * 3;  // of a stem row
inline constexpr int kTubelet = 4;  // frames that a clip's stem merges
inline constexpr int kClipTubelets = kClipFrames / kTubelet;
inline constexpr int kPaintSize = 64;  // pixels a side, painted
inline constexpr int kPaintPatch = 8;
inline constexpr int kPaintTokens = 64;   // (64 / 8)^2
inline constexpr int kPaintValues = 192;  // 8 * 8 * 3
inline constexpr int kMelBins = 80;
inline constexpr int kAudioStride = 4;    // mel frames a level-1 token: 25 tokens a second
inline constexpr int kAudioSegment = 24;  // level-1 tokens that the resampler sees at once
inline constexpr int kImageMerge = 4;     // of the reference model's pictures, clips and sounds:
inline constexpr int kClipMerge = 8;      // level-1 tokens a row of the trunk starts from
inline constexpr int kAudioMerge = 3;
inline constexpr int kTimeFeatures = 64;  // sinusoids of a noise level
inline constexpr int kSpeakFrames = 4;    // mel frames a spoken token: 25 tokens a second
inline constexpr int kSpeakValues = kSpeakFrames * kMelBins;
inline constexpr int kCtcSymbols = 257;    // UTF-8 bytes, and 256 = blank
inline constexpr int kCtcPerToken = 2;     // labels a level-1 token may emit
inline constexpr int kSpectrumBins = 257;  // vocoder: n_fft 512

inline constexpr int kMostGroups = 16;
inline constexpr int kMostModalities = 32;

// How a modality's input becomes rows of the trunk.
enum class Stem {
  pieces,   // token ids, through the piece table
  picture,  // 128x128 RGB, through PictureStem and a resampler
  clip,     // 16 such frames, four a tubelet, through the same
  sound,    // mel frames, through AudioStem and a resampler
  patches,  // rows of numbers that have places, through one matrix
  noisy,    // rows of numbers in Morton order on a square, from which noise is removed
  spoken,   // rows of numbers in time, from which noise is removed, beside the text they say
};

// Level-1 tokens that a resampler reads at once; 0: there is none.
constexpr int segment_tokens(Stem stem) {
  return stem == Stem::picture ? kPictureTokens
         : stem == Stem::clip  ? kPictureTokens * kClipTubelets
         : stem == Stem::sound ? kAudioSegment
                               : 0;
}

// Modality groups have norms and feed-forward weights of their own; attention is shared by all.
// A group is a row of the gain tables, in the order of the list.
struct GroupSpec {
  std::string name;
  int ffn = 512;
  bool operator==(const GroupSpec&) const = default;
};

// In the list, modalities of a group stand together, in the order of the groups; those from which
// noise is removed come last. The trunk keeps its rows in that order.
struct ModalitySpec {
  std::string name;
  int group = 0;
  Stem stem = Stem::pieces;
  int values = 0;  // numbers a row: patches, noisy, spoken
  int tokens = 0;  // rows a segment; 0: as many as it has
  int merge = 1;   // level-1 tokens that a row starts from: picture, clip, sound
  // Where noise is removed: how it is done unless told otherwise, in evaluations and guidance (1:
  // none), and below which noise level a row may run each layer; empty: all. `until` is 1 for the
  // first layer and the last two, which all rows run. What is painted is decided early
  // (docs/experiments/routing.md).
  int steps = 0;
  float guidance = 1;
  std::vector<float> until;

  bool noisy() const { return stem == Stem::noisy || stem == Stem::spoken; }
  bool operator==(const ModalitySpec&) const = default;
};

// What comes out.
struct HeadSpec {
  enum class Kind {
    pieces,     // next-piece logits, by the piece table
    values,     // the clean rows of the modality `from`
    embedding,  // the contrastive space that all share
    ctc,        // spelling, from the sound stem
    matte,      // people's outlines, from the picture stem
    durations,  // of the spoken text's bytes
    vocoder,    // mel to waveform
  };
  std::string name;  // of its parameters; pieces, duration and vocoder are called so
  Kind kind = Kind::pieces;
  std::string from;  // a modality's name, where the kind needs one
  bool operator==(const HeadSpec&) const = default;
};

// One axis of rotary positions: pairs of channels that turn with it, and by how much a unit of
// position, geometric from the first pair to the last. Radians.
struct RopeAxis {
  int pairs = 0;
  float first = 1, last = 1;
  bool operator==(const RopeAxis&) const = default;
};

// A head's pairs are (c, c + width / 2): those of time first, then y, then x.
struct RopeSpec {
  // Wavelengths of time run from 6 tokens (0.25 s) to about 3,500 (140 s); of y and x from 3 image
  // tokens to about 25, three times the picture.
  RopeAxis time = {16, 1, 1.0f / 560}, y = {8, 2, 0.25f}, x = {8, 2, 0.25f};
  // Longer contexts than the rates were learned on, as Llama 3.1 does it: wavelengths above
  // original / low are stretched by `factor`, below original / high left alone, between blended.
  float factor = 1, low = 1, high = 4;
  int original = 8192;
  bool operator==(const RopeSpec&) const = default;

  // Rates theta^(-i / pairs) on time alone, as language models have them.
  static RopeSpec language(float theta);
};

// What the trunk's blocks are made of.
struct BlockSpec {
  enum class Norm { rms, layer };
  Norm norm = Norm::rms;
  float eps = 1e-6f;    // of the norms
  bool qk_norm = true;  // RMS norm and a gain of each head's queries and keys
  int kv_heads = 0;     // that query heads share; 0: each has its own
  Activation activation = Activation::relu2;
  bool qkv_bias = false;  // of queries, keys and values
  bool bias = false;      // of the other products
  RopeSpec rope;
  bool skips = true;   // long ones, from each layer of the first half to the second
  bool routed = true;  // inner layers have a gate for each row
  bool tied = true;    // the piece table is the output matrix too
  bool operator==(const BlockSpec&) const = default;
};

struct ModelSpec {
  std::string name = "tutti-nano";
  int vocabulary = 8192;
  int context = 512;  // tokens a sequence may hold
  int width = 256;    // trunk
  int layers = 8;
  BlockSpec block;
  std::vector<GroupSpec> groups = reference_groups();
  std::vector<ModalitySpec> modalities = reference_modalities();
  std::vector<HeadSpec> heads = reference_heads();
  int stem_width = 32;       // image features at 32x32
  int local_width = 128;     // image features at 16x16
  int image_blocks = 1;      // level-1 blocks at 8x8
  int audio_blocks = 4;      // level-1 blocks at 25 tokens a second
  int bottleneck = 64;       // of noisy patches
  int modulation_rank = 32;  // timestep modulation
  int speech_text_width = 128;
  int embedding = 128;  // the shared contrastive space
  int vocoder_width = 192;
  int vocoder_blocks = 4;
  float logit_cap = 15;   // 0: none
  bool hierarchy = true;  // false: level-1 tokens enter the trunk unresampled (ablation)
  bool merged = false;    // all groups share the first one's norms and feed-forward (ablation)

  int attention_heads() const { return width / kHeadWidth; }
  int kv_heads() const { return block.kv_heads ? block.kv_heads : attention_heads(); }
  // The first modality of that stem or name, or -1.
  int find(Stem stem) const;
  int find(std::string_view name) const;
  const ModalitySpec& modality(std::string_view name) const { return modalities.at(find(name)); }
  ModalitySpec& modality(std::string_view name) { return modalities.at(find(name)); }
  bool has(HeadSpec::Kind kind) const;
  // Modalities from here on are noisy; modalities.size() where none is.
  int first_noisy() const;
  // Rows of the trunk for `tokens` level-1 tokens of a modality.
  int64_t merged_rows(int modality, int64_t tokens) const;

  // Text alone, in blocks as Llama and Qwen2.5 have them: RMS norms, SwiGLU, rotations on time,
  // tied pieces, no biases.
  static ModelSpec language(int width, int layers, int kv_heads, int ffn, int vocabulary);

  static std::vector<GroupSpec> reference_groups();
  static std::vector<ModalitySpec> reference_modalities();
  static std::vector<HeadSpec> reference_heads();
};

}  // namespace tutti
