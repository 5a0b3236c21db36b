// One forward pass: which tokens, where, and their raw values. Built the same way for a training
// step and for a request, so preprocessing and masks exist once.
//
//   BatchBuilder builder(spec);
//   builder.begin_sequence();
//   int picture = builder.image(photo);          // index into Batch::spans
//   int answer = builder.text(token_ids);
//   Batch batch = builder.build();
#pragma once

#include <span>

#include "base/media_types.h"
#include "model/audio_plan.h"

namespace tutti {

// The trunk rows of one segment.
struct Span {
  int modality;
  int sequence;
  int first_row;  // in the trunk
  int rows;
  int local_first;  // level-1 rows of pictures and clips (8x8 tokens) and sounds (25 a second),
  int local_rows;   // counted within the modality
  int noise;        // noise level, where noise is removed; otherwise -1
};

// Level 2: which level-1 tokens each summary token reads.
struct SummaryPlan {
  AttentionPlan attention;
  std::vector<int32_t> query_index;  // learned query of each summary row
};

// Where a sequence, or what follows of it, begins.
struct SequenceStart {
  int past = 0;       // tokens of it that are in the caches already
  float time = 0;     // of its first row, in units of 40 ms from `clock` on
  int64_t clock = 0;  // in ticks; see Position
  // How many keys a row sees at most; 0: all. Text counts them back from itself, other segments
  // (which must not be longer) from their end, noisy rows from where they begin, so that taking
  // them back takes nothing from the text that follows.
  int window = 0;
  int adapter = -1;  // which of the pass's adapters its rows have; -1: none
};

struct Batch {
  // Inputs in row order.
  std::vector<int32_t> text_ids;
  std::vector<float> image_patches;  // (images * 1024) x 48, raster order of 4x4 patches
  std::vector<float> clip_patches;   // (clips * 4 * 1024) x 192, tubelet-major
  int images = 0, clips = 0;
  AudioPlan audio;
  std::vector<std::vector<float>> values;  // by modality: rows x its values, where it has such
  std::vector<int32_t> speech_bytes;       // texts to be spoken, one after another
  std::vector<int32_t> speech_byte_index;  // 5 neighbours a byte, for the convolution
  std::vector<int32_t> speak_alignment;    // spoken rows: row of speech_bytes being said
  std::vector<float> noise_levels;         // t in [0, 1], in the order of the modalities
  std::vector<int32_t> level_begin;        // of noise_levels, by modality, and the end
  std::vector<float> noise_features;       // levels x kTimeFeatures

  // Level 1 of pictures (images, then 4 tubelets a clip): windows of 64 tokens at 16x16 and at 8x8.
  AttentionPlan windows_16, windows_8;
  std::vector<int32_t> morton_16;   // raster row of each Morton row, all pictures
  std::vector<int32_t> clip_order;  // level-1 clip rows with the tubelets of a place together
  // Level 2, by modality.
  std::vector<SummaryPlan> summary;

  // Level 3.
  std::vector<int32_t> row_begin;     // by modality, and the end
  std::vector<int32_t> group_bounds;  // by group, and the end
  AttentionPlan trunk;
  std::vector<int32_t> row_adapters;  // of each row: which of the pass's adapters, or -1
  std::vector<int32_t> noise_index;   // noise level of each row from first_noisy on

  std::vector<Span> spans;
  int first_noisy = 0;  // row
  int rows() const { return row_begin.empty() ? 0 : row_begin.back(); }
  int rows_of(int modality) const { return row_begin[modality + 1] - row_begin[modality]; }

  // The same batch one step on, in place and without allocating:
  // every noisy segment (all of one modality) holds z at noise level t,
  void set_noisy(int modality, std::span<const float> z, float t);
  // or all rows of a modality hold these values, or all segments are at these noise levels,
  void set_values(int modality, std::span<const float> all);
  void set_levels(std::span<const float> levels);
  // or the only row of `sequence` is text `id`, and begins there. Every sequence has one row.
  void set_text_step(int sequence, int32_t id, const SequenceStart& start);
};

class BatchBuilder {
 public:
  explicit BatchBuilder(const ModelSpec& spec);

  const ModelSpec& spec() const { return spec_; }

  void begin_sequence(const SequenceStart& start = {});

  // Each appends a segment to the current sequence and returns its index in Batch::spans.
  int text(std::span<const int32_t> ids);
  int image(const Picture& picture);             // 128 x 128 RGB
  int clip(const std::vector<Picture>& frames);  // 16 of 128 x 128 RGB
  int audio(const Mel& mel);                     // padded with silence to 12 frames
  // Rows of numbers that have places: `values` of a modality whose stem is `patches`.
  int patches(int modality, std::span<const float> values, std::vector<Position> positions);
  // Noisy rows: last in their sequence. values: a square of the modality's in Morton order; t:
  // noise level, 1 = clean.
  int noisy(int modality, std::span<const float> values, float t);
  // The same of the modality that paints,
  int paint(std::span<const float> patches, float t) {
    return noisy(spec_.find(Stem::noisy), patches, t);
  }
  // and of the one that speaks. tokens: n x 320; alignment: per token, the byte of `text` said.
  int speak(std::span<const float> tokens, float t, const std::string& text,
            std::span<const int32_t> alignment);
  // Bytes alone, for the duration predictor; returns the first row in speech_bytes.
  int speech_text(const std::string& text);

  // From the sequence's clock to behind its last segment: where it goes on in a later batch.
  float time() const { return time_; }

  Batch build();

 private:
  int add_span(int modality, std::vector<Position> positions, bool causal);
  int add_noisy(int modality, std::span<const float> values, float t,
                std::vector<Position> positions);
  int summarise(int modality, const std::vector<Position>& keys, int segment, int local);
  void plan_pictures();
  void plan_rows();
  void plan_trunk();

  ModelSpec spec_;
  Batch batch_;
  std::vector<SequenceStart> starts_;  // of each sequence
  float time_ = 0;
  std::vector<std::vector<Position>> positions_;  // of each span's tokens
  std::vector<bool> causal_;                      // of each span
  std::vector<std::vector<float>> levels_;        // by modality
};

// Pictures and mels to and from the model's values.
std::vector<float> patchify(const Picture& picture, int patch);  // raster patches, [-1, 1]
std::vector<float> paint_patches(const Picture& picture);        // 64x64 -> 64 x 192, Morton order
Picture paint_picture(std::span<const float> patches);           // and back, clamped
std::vector<float> speak_tokens(const Mel& mel);                 // n x 320, last one padded

}  // namespace tutti
