// The sizes of a model. Everything that depends on size reads it from here, so one TOML file scales
// the same code from the test model to a cluster's.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/media_types.h"
#include "base/result.h"

namespace tutti {

// Token kinds in the order in which the trunk stores their rows; see layout.h.
enum class Kind { text, image, clip, audio, paint, speak };
inline constexpr int kKinds = 6;

// Modality groups own their norms and feed-forward weights; attention is shared by all.
enum class Group { text, see, hear, paint, speak };
inline constexpr int kGroups = 5;

constexpr Group group_of(Kind kind) {
  constexpr Group groups[kKinds] = {Group::text, Group::see,   Group::see,
                                    Group::hear, Group::paint, Group::speak};
  return groups[int(kind)];
}

inline constexpr std::array<const char*, kGroups> kGroupNames = {"text", "see", "hear", "paint",
                                                                 "speak"};

// Geometry fixed by the architecture rather than by the recipe.
inline constexpr int kHeadWidth = 64;
inline constexpr int kImageSize = 128;  // pixels a side, seen
inline constexpr int kImagePatch = 4;   // stem patch: 32x32 rows of 48 values
inline constexpr int kTubelet = 4;      // frames that a clip's stem merges
inline constexpr int kClipTubelets = kClipFrames / kTubelet;
inline constexpr int kLocalGrid = 8;   // level 1 ends at 8x8 = 64 tokens an image
inline constexpr int kPaintSize = 64;  // pixels a side, painted
inline constexpr int kPaintPatch = 8;
inline constexpr int kPaintTokens = 64;   // (64 / 8)^2
inline constexpr int kPaintValues = 192;  // 8 * 8 * 3
inline constexpr int kMelBins = 80;
inline constexpr int kAudioStride = 4;    // mel frames a level-1 token: 25 tokens a second
inline constexpr int kAudioSegment = 24;  // level-1 tokens that the resampler sees at once
inline constexpr int kAudioMerge = 3;     // level-1 tokens a summary token starts from
inline constexpr int kImageMerge = 4;
inline constexpr int kClipMerge = 8;      // 4 tubelets x 2 neighbours
inline constexpr int kTimeFeatures = 64;  // sinusoids of a noise level
inline constexpr int kSpeakFrames = 4;    // mel frames a spoken token: 25 tokens a second
inline constexpr int kSpeakValues = kSpeakFrames * kMelBins;
inline constexpr int kCtcSymbols = 257;    // UTF-8 bytes, and 256 = blank
inline constexpr int kCtcPerToken = 2;     // labels a level-1 token may emit
inline constexpr int kSpectrumBins = 257;  // vocoder: n_fft 512

struct ModelConfig {
  std::string name = "tutti-nano";
  int vocabulary = 8192;
  int context = 512;  // tokens a sequence may hold
  int width = 256;    // trunk
  int layers = 8;
  std::array<int, kGroups> ffn = {512, 256, 256, 512, 512};
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
  float logit_cap = 15;
  // How the model generates unless told otherwise: evaluations, and guidance (1: none).
  int paint_steps = 8, speak_steps = 6;
  float paint_guidance = 4, speak_guidance = 1.5f;
  // Painted rows run a layer at noise levels below this, of those that its gate lets them run; one
  // number a layer, empty: all. Nothing but 1 for the first layer and the last two, which all run.
  // What is painted is decided early (docs/experiments.md).
  std::vector<float> paint_until;
  bool hierarchy = true;  // false: level-1 tokens enter the trunk unresampled (ablation)
  bool groups = true;     // false: all modalities share one feed-forward (ablation)

  int heads() const { return width / kHeadWidth; }
};

// Reads and writes the JSON that a model file carries. Unknown keys and impossible sizes are errors
// that name the key and the range.
Result<ModelConfig> parse_model_config(const std::string& json);
std::string model_config_json(const ModelConfig& config);

}  // namespace tutti
