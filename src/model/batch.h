// One forward pass: which tokens, where, and their raw values. Built the same way for a training
// step and for a request, so preprocessing and masks exist once.
//
//   BatchBuilder builder(config);
//   builder.begin_sequence();
//   int picture = builder.image(photo);          // index into Batch::spans
//   int answer = builder.text(token_ids);
//   Batch batch = builder.build();
#pragma once

#include <span>

#include "base/media_types.h"
#include "model/layout.h"

namespace tutti {

// The trunk rows of one segment.
struct Span {
  Kind kind;
  int sequence;
  int first_row;  // in the trunk
  int rows;
  int local_first;  // level-1 rows of image and clip (8x8 tokens) and audio (25 a second), counted
  int local_rows;   // within its kind
  int noise;        // noise level, for paint and speak; otherwise -1
};

// What an audio encoder run needs; used by the trunk batch and by the streaming encoder.
struct AudioPlan {
  std::vector<float> mel;                // frames x 80
  std::vector<int32_t> half_index;       // first convolution (stride 2): 3 mel rows each
  std::vector<int32_t> token_index;      // second (stride 2): 3 half rows each
  std::vector<int32_t> depthwise_index;  // 5 level-1 rows each, causal
  AttentionPlan attention;               // level 1, in chunks
};

// Level 2: which level-1 tokens each summary token reads.
struct SummaryPlan {
  AttentionPlan attention;
  std::vector<int32_t> query_index;  // learned query of each summary row
};

struct Batch {
  // Inputs in row order.
  std::vector<int32_t> text_ids;
  std::vector<float> image_patches;  // (images * 1024) x 48, raster order of 4x4 patches
  std::vector<float> clip_patches;   // (clips * 4 * 1024) x 192, tubelet-major
  int images = 0, clips = 0;
  AudioPlan audio;
  std::vector<float> paint_noisy;          // paint rows x 192
  std::vector<float> speak_noisy;          // speak rows x 320
  std::vector<int32_t> speech_bytes;       // texts to be spoken, one after another
  std::vector<int32_t> speech_byte_index;  // 5 neighbours a byte, for the convolution
  std::vector<int32_t> speak_alignment;    // speak rows: row of speech_bytes being said
  std::vector<float> noise_levels;         // t in [0, 1], paint's first
  int paint_levels = 0;
  std::vector<float> noise_features;  // levels x kTimeFeatures

  // Level 1 of pictures (images, then 4 tubelets a clip): windows of 64 tokens at 16x16 and at 8x8.
  AttentionPlan windows_16, windows_8;
  std::vector<int32_t> morton_16;   // raster row of each Morton row, all pictures
  std::vector<int32_t> clip_order;  // level-1 clip rows with the tubelets of a place together
  // Level 2, by image, clip, audio.
  std::array<SummaryPlan, 3> summary;

  // Level 3.
  std::array<int32_t, kKinds + 1> kind_begin = {};
  std::array<int32_t, kGroups + 1> group_bounds = {};
  AttentionPlan trunk;
  std::vector<int32_t> noise_index;  // noise level of each row from kind_begin[paint] on

  std::vector<Span> spans;
  int rows() const { return kind_begin[kKinds]; }

  // The same batch one step on, in place and without allocating:
  // every noisy segment (all of `kind`) holds z at noise level t,
  void set_noisy(Kind kind, std::span<const float> z, float t);
  // the noisy rows hold these values at these noise levels, paint's first in both;
  void set_noise(std::span<const float> paint, std::span<const float> speak,
                 std::span<const float> levels);
  // or the only row of `sequence` is text `id` behind `past` tokens, at `time`. Every sequence has
  // one row.
  void set_text_step(int sequence, int32_t id, int past, float time);
};

class BatchBuilder {
 public:
  explicit BatchBuilder(const ModelConfig& config) : config_(config) {}

  // `past` tokens of this sequence are in the caches already and its clock stands at `time`.
  void begin_sequence(int past = 0, float time = 0);

  // Each appends a segment to the current sequence and returns its index in Batch::spans.
  int text(std::span<const int32_t> ids);
  int image(const Picture& picture);             // 128 x 128 RGB
  int clip(const std::vector<Picture>& frames);  // 16 of 128 x 128 RGB
  int audio(const Mel& mel);                     // padded with silence to 12 frames
  // Noisy tokens: last in their sequence. patches: 64 x 192; t: noise level, 1 = clean.
  int paint(std::span<const float> patches, float t);
  // tokens: n x 320 noisy; alignment: per token, the byte of `text` being said.
  int speak(std::span<const float> tokens, float t, const std::string& text,
            std::span<const int32_t> alignment);
  // Bytes alone, for the duration predictor; returns the first row in speech_bytes.
  int speech_text(const std::string& text);

  // The clock after the last segment, for a sequence that goes on in a later batch.
  float time() const { return time_; }

  Batch build();

 private:
  int add_span(Kind kind, std::vector<Position> positions, bool causal);
  int summarise(Kind kind, const std::vector<Position>& keys, int segment, int merge, int local);
  void plan_pictures();
  void plan_trunk();

  ModelConfig config_;
  Batch batch_;
  std::vector<int> past_;  // of each sequence
  float time_ = 0;
  std::vector<std::vector<Position>> positions_;  // of each span's tokens
  std::vector<bool> causal_;                      // of each span
  std::array<int, kKinds> kind_rows_ = {};
  std::vector<float> paint_levels_, speak_levels_;
};

// Pictures and mels to and from the model's values.
std::vector<float> patchify(const Picture& picture, int patch);  // raster patches, [-1, 1]
std::vector<float> paint_patches(const Picture& picture);        // 64x64 -> 64 x 192, Morton order
Picture paint_picture(std::span<const float> patches);           // and back, clamped
std::vector<float> speak_tokens(const Mel& mel);                 // n x 320, last one padded

}  // namespace tutti
