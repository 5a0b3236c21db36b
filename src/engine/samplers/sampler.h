// Picks the next text piece from logits.
//
//   Sampler sampler({.temperature = 0.8f, .top_k = 40, .top_p = 0.95f, .seed = 7});
//   int32_t id = sampler.pick(logits);
//
// Special tokens other than </s> are never picked. The same seed and logits give the same pieces.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/rng.h"

namespace tutti {

struct SamplerOptions {
  float temperature = 0;  // 0: the likeliest; ties go to the smaller id
  int top_k = 0;          // keep this many; 0: all
  float top_p = 1;        // keep the likeliest until their probabilities reach it
  uint64_t seed = 0;
};

class Sampler {
 public:
  explicit Sampler(const SamplerOptions& options) : options_(options), rng_(options.seed) {}

  // A logit that is no number counts as minus infinity. </s> if no token is left.
  int32_t pick(std::span<const float> logits);

 private:
  int32_t likeliest(std::span<const float> logits) const;
  void list_candidates(std::span<const float> logits, int32_t best);
  void sort_more();
  // The i-th likeliest candidate.
  const std::pair<float, int32_t>& ranked(size_t i) {
    while (i >= sorted_) sort_more();
    return candidates_[i];
  }

  SamplerOptions options_;
  Rng rng_;
  // Scratch: (weight, id), of which the first `sorted_` are the likeliest, in order, and the rest
  // weigh less than `floor_`.
  std::vector<std::pair<float, int32_t>> candidates_;
  size_t sorted_ = 0;
  float floor_ = 1;
};

// ln of the softmax probability of `id`.
double log_probability(std::span<const float> logits, int32_t id);

}  // namespace tutti
