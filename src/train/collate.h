// Turns examples into one packed batch and the targets that its losses compare with.
#pragma once

#include "base/rng.h"
#include "data/example.h"
#include "model/batch.h"

namespace tutti {

struct TrainBatch {
  Batch batch;

  // Text: trunk row predict_rows[i] should say predict_ids[i]; predict_task is the example's task.
  std::vector<int32_t> predict_rows, predict_ids, predict_task;

  // Generated scenes: the summary token in trunk row locate_rows[i] covers what locate_ids[i]
  // names.
  std::vector<int32_t> locate_rows, locate_ids;
  // And a name in a question about one: where what it means is and how many there are.
  std::vector<int32_t> mention_rows, mention_ids;

  // Flow matching: the clean values behind batch.paint_noisy and batch.speak_noisy, and each row's
  // loss weight, flow_weight(t).
  std::vector<float> paint_clean, paint_weight, speak_clean, speak_weight;

  // Durations: ln(1 + tokens) of each of batch.speech_bytes; negative where unknown.
  std::vector<float> duration_targets;

  // Contrastive: first segments as row lists; pair p compares segments left[p] and right[p]. Pairs
  // of different `pair_space` (picture-text, audio-text, clip-text) are never each other's
  // negatives.
  std::vector<int32_t> pool_rows, pool_bounds = {0};
  std::vector<int32_t> pair_left, pair_right, pair_space;
  std::vector<uint64_t> pair_meaning;  // equal: not negatives of each other

  // CTC: level-1 audio rows and the UTF-8 bytes said in them.
  struct Spoken {
    int first_row, rows;
    std::string text;
  };
  std::vector<Spoken> spoken;

  // Mattes: pictures of the batch and their alpha in [0, 1], in the head's order (1024 x 16 each).
  std::vector<int32_t> matte_images;
  std::vector<float> matte_alpha;

  // Vocoder: mel rows of several sounds and their samples, 160 a row.
  std::vector<float> vocoder_mel, vocoder_samples;
  std::vector<int32_t> vocoder_frames;
};

struct CollateOptions {
  float drop_text = 0.1f;  // for guidance: the text in front of a picture or speech is emptied
  float noise_mean = -0.8f, noise_spread = 0.8f;  // t = sigmoid(N(mean, spread))
  bool from_noise = false;  // t = 0 instead: noise alone, where generating begins
};

// 1 / max(1 - t, 0.05)^2.
float flow_weight(float t);

// The random draws (noise, dropped conditions) come from `rng` alone, in order.
TrainBatch collate(const ModelConfig& config, const std::vector<Example>& examples,
                   const CollateOptions& options, Rng& rng);

// Which byte each 40 ms token of a spoken text says. `text` is " transcript " (see spoken_text).
std::vector<int32_t> align_speech(const Segment& segment, int tokens);
// Spoken texts begin and end with a space: the silence around speech.
std::string spoken_text(const std::string& transcript);

}  // namespace tutti
