#include "runtime/sampler.h"

#include <algorithm>
#include <cmath>

#include "format/special_tokens.h"

namespace tutti {
namespace {

bool allowed(int32_t id, float logit) {
  return (id >= special_token_count || id == token_end) && logit > -INFINITY;  // NaN fails too
}

}  // namespace

int32_t Sampler::likeliest(std::span<const float> logits) const {
  int32_t best = -1;
  for (int32_t id = 0; id < int32_t(logits.size()); ++id)
    if (allowed(id, logits[id]) && (best < 0 || logits[id] > logits[best])) best = id;
  return best < 0 ? int32_t(token_end) : best;
}

// Sorts candidates by weight; returns how many remain after top-k and top-p.
size_t Sampler::keep_nucleus() {
  const auto likelier = [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  };
  size_t kept = candidates_.size();
  if (options_.top_k > 0) kept = std::min(kept, size_t(options_.top_k));
  std::partial_sort(candidates_.begin(), candidates_.begin() + kept, candidates_.end(), likelier);
  double total = 0, reached = 0;
  for (size_t i = 0; i < kept; ++i) total += candidates_[i].first;
  size_t nucleus = 0;
  while (nucleus < kept && (nucleus == 0 || reached < options_.top_p * total))
    reached += candidates_[nucleus++].first;
  return nucleus;
}

int32_t Sampler::pick(std::span<const float> logits) {
  const int32_t best = likeliest(logits);
  if (options_.temperature <= 0) return best;
  candidates_.clear();
  for (int32_t id = 0; id < int32_t(logits.size()); ++id)
    if (allowed(id, logits[id]))
      candidates_.push_back({std::exp((logits[id] - logits[best]) / options_.temperature), id});
  if (candidates_.empty()) return best;
  const size_t kept = keep_nucleus();
  double total = 0;
  for (size_t i = 0; i < kept; ++i) total += candidates_[i].first;
  double point = rng_.uniform() * total;
  for (size_t i = 0; i < kept; ++i) {
    point -= candidates_[i].first;
    if (point < 0) return candidates_[i].second;
  }
  return candidates_[kept - 1].second;
}

double log_probability(std::span<const float> logits, int32_t id) {
  const float highest = *std::max_element(logits.begin(), logits.end());
  double total = 0;
  for (float logit : logits) total += std::exp(double(logit) - highest);
  return double(logits[id]) - highest - std::log(total);
}

}  // namespace tutti
