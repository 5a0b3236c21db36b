#include "engine/samplers/sampler.h"

#include <algorithm>
#include <cmath>

#include "format/text/special_tokens.h"

namespace tutti {
namespace {

bool allowed(int32_t id, float logit) {
  return (id >= special_token_count || id == token_end) && logit > -INFINITY;  // NaN fails too
}

}  // namespace

// Eight at a time: one by one it took a tenth of a step of decoding.
int32_t Sampler::likeliest(std::span<const float> logits) const {
  const auto words = logits.subspan(std::min<size_t>(special_token_count, logits.size()));
  constexpr size_t kLanes = 8;
  float most[kLanes];
  std::fill_n(most, kLanes, -INFINITY);
  size_t at = 0;
  for (; at + kLanes <= words.size(); at += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane)
      most[lane] = words[at + lane] > most[lane] ? words[at + lane] : most[lane];  // NaN is not
  float best = *std::max_element(most, most + kLanes);
  for (; at < words.size(); ++at) best = words[at] > best ? words[at] : best;
  const bool ends = logits.size() > token_end && logits[token_end] >= best;
  if (ends || !(best > -INFINITY)) return token_end;
  return int32_t(special_token_count +
                 (std::find(words.begin(), words.end(), best) - words.begin()));
}

// Weights in (0, 1]: probabilities as multiples of the highest.
void Sampler::list_candidates(std::span<const float> logits, int32_t best) {
  candidates_.clear();
  sorted_ = 0;
  floor_ = 1;
  for (int32_t id = 0; id < int32_t(logits.size()); ++id)
    if (allowed(id, logits[id])) {
      const bool likeliest = logits[id] == logits[best];  // infinite, too
      candidates_.push_back(
          {likeliest ? 1 : std::exp((logits[id] - logits[best]) / options_.temperature), id});
    }
}

// Sorts the candidates down to an eighth of the weight so far. A draw seldom needs more than the
// first few hundred of thousands: sorting all of them took as long as the pass that gave the
// logits.
void Sampler::sort_more() {
  const auto begin = candidates_.begin() + long(sorted_);
  auto end = candidates_.end();
  floor_ /= 8;
  if (floor_ > 0)
    end = std::partition(begin, end, [this](const auto& one) { return one.first >= floor_; });
  std::sort(begin, end, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  sorted_ = size_t(end - candidates_.begin());
}

int32_t Sampler::pick(std::span<const float> logits) {
  const int32_t best = likeliest(logits);
  if (options_.temperature <= 0) return best;
  list_candidates(logits, best);
  if (candidates_.empty()) return best;
  size_t kept = candidates_.size();
  double total = 0;
  if (options_.top_k > 0 && size_t(options_.top_k) < kept) {
    kept = size_t(options_.top_k);
    for (size_t i = 0; i < kept; ++i) total += ranked(i).first;
  } else {
    for (const auto& [weight, id] : candidates_) total += weight;
  }
  if (options_.top_p < 1) {
    size_t nucleus = 0;
    double reached = 0;
    while (nucleus < kept && (nucleus == 0 || reached < options_.top_p * total))
      reached += ranked(nucleus++).first;
    kept = nucleus;
    total = reached;
  }
  double point = rng_.uniform() * total;
  for (size_t i = 0; i < kept; ++i) {
    point -= ranked(i).first;
    if (point < 0) return candidates_[i].second;
  }
  return ranked(kept - 1).second;
}

double log_probability(std::span<const float> logits, int32_t id) {
  const float highest = *std::max_element(logits.begin(), logits.end());
  double total = 0;
  for (float logit : logits) total += std::exp(double(logit) - highest);
  return double(logits[id]) - highest - std::log(total);
}

}  // namespace tutti
