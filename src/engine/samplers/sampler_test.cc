#include "engine/samplers/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "format/text/special_tokens.h"

namespace tutti {
namespace {

constexpr int kFirst = special_token_count;

// Logits whose ordinary tokens have the given probabilities; specials are far likelier.
std::vector<float> logits_of(const std::vector<double>& probabilities) {
  std::vector<float> logits(kFirst, 50.0f);
  logits[token_end] = -100;
  for (double p : probabilities) logits.push_back(float(std::log(p)));
  return logits;
}

std::map<int, double> frequencies(const SamplerOptions& options, const std::vector<float>& logits,
                                  int draws) {
  Sampler sampler(options);
  std::map<int, double> counts;
  for (int i = 0; i < draws; ++i) counts[sampler.pick(logits) - kFirst] += 1.0 / draws;
  return counts;
}

// Five standard deviations of a share p among `draws`.
double five_sigma(double p, int draws) {
  return 5 * std::sqrt(p * (1 - p) / draws);
}

TEST(Sampler, GreedyTakesTheLikeliestAllowed) {
  Sampler sampler({});
  EXPECT_EQ(sampler.pick(logits_of({0.2, 0.5, 0.3})), kFirst + 1);
  EXPECT_EQ(sampler.pick(logits_of({0.4, 0.4, 0.2})), kFirst);
  auto logits = logits_of({0.5, 0.5});
  logits[token_end] = 10;
  EXPECT_EQ(sampler.pick(logits), token_end);
}

// Against a loop over single logits: every number of them, equal ones, and those that are none.
TEST(Sampler, GreedyTakesTheFirstOfTheLikeliest) {
  Sampler sampler({});
  Rng rng(5);
  for (int round = 0; round < 700; ++round) {
    std::vector<float> logits(size_t(kFirst + round % 70));
    for (float& logit : logits) {
      const float odd[] = {NAN, -INFINITY, INFINITY};
      logit = rng.below(8) ? float(rng.below(round % 9)) : odd[rng.below(round % 4)];
    }
    int32_t best = token_end;
    const auto take = [&](int32_t id) {
      if (logits[id] > (best < kFirst ? -INFINITY : logits[best])) best = id;
    };
    for (int32_t id = kFirst; id < int32_t(logits.size()); ++id) take(id);
    if (best >= kFirst && logits[token_end] >= logits[best]) best = token_end;
    EXPECT_EQ(sampler.pick(logits), best) << round;
  }
}

TEST(Sampler, FollowsTheDistributionAtEveryTemperature) {
  const std::vector<double> p = {0.5, 0.3, 0.15, 0.05};
  constexpr int draws = 20000;
  for (double temperature : {0.5, 1.0, 2.0}) {
    double total = 0;
    for (double q : p) total += std::pow(q, 1 / temperature);
    const auto got =
        frequencies({.temperature = float(temperature), .seed = 3}, logits_of(p), draws);
    for (int i = 0; i < 4; ++i) {
      const double want = std::pow(p[i], 1 / temperature) / total;
      EXPECT_NEAR(got.at(i), want, five_sigma(want, draws)) << temperature;
    }
  }
}

TEST(Sampler, TopKAndTopPCutTheTail) {
  const auto logits = logits_of({0.15, 0.5, 0.05, 0.3});
  constexpr int draws = 5000;
  auto got = frequencies({.temperature = 1, .top_k = 2}, logits, draws);
  EXPECT_EQ(got.size(), 2u);
  EXPECT_NEAR(got.at(1), 0.5 / 0.8, five_sigma(0.5 / 0.8, draws));
  got = frequencies({.temperature = 1, .top_p = 0.9f}, logits, draws);  // 0.5 + 0.3 < 0.9
  EXPECT_EQ(got.size(), 3u);
  got = frequencies({.temperature = 1, .top_p = 0.4f}, logits, draws);
  EXPECT_EQ(got.size(), 1u);
  got = frequencies({.temperature = 1, .top_k = 100}, logits, draws);
  EXPECT_EQ(got.size(), 4u);
}

// What a seed gives: a walk down all candidates in order of weight, however few of them are sorted.
int32_t plain_pick(const SamplerOptions& o, std::span<const float> logits, Rng& rng) {
  std::vector<std::pair<float, int32_t>> all;
  float best = -INFINITY;
  for (size_t id = kFirst; id < logits.size(); ++id) best = std::max(best, logits[id]);
  for (size_t id = kFirst; id < logits.size(); ++id)
    all.push_back({-std::exp((logits[id] - best) / o.temperature), int32_t(id)});
  std::sort(all.begin(), all.end());
  if (o.top_k > 0) all.resize(std::min(all.size(), size_t(o.top_k)));
  double total = 0, reached = 0;
  for (const auto& [weight, id] : all) total -= weight;
  size_t kept = 0;
  while (kept < all.size() && (kept == 0 || reached < o.top_p * total))
    reached -= all[kept++].first;
  double point = rng.uniform() * reached;
  for (size_t i = 0; i < kept; ++i)
    if ((point += all[i].first) < 0) return all[i].second;
  return all[kept - 1].second;
}

TEST(Sampler, WhatIsNotSortedDoesNotMatter) {
  Rng rng(2);
  std::vector<float> logits(3000);
  for (const SamplerOptions& options :
       {SamplerOptions{.temperature = 0.7f, .seed = 1},
        {.temperature = 1.5f, .top_p = 0.9f, .seed = 2},
        {.temperature = 1e-3f, .seed = 3},  // nearly all weights are zero
        {.temperature = 100, .top_k = 1000, .seed = 4},
        {.temperature = 2, .top_k = 30, .top_p = 0.5f, .seed = 5}}) {
    Sampler sampler(options);
    Rng same(options.seed);
    for (int draw = 0; draw < 100; ++draw) {
      for (float& logit : logits) logit = float(4 * rng.normal());
      for (int id = 0; id < kFirst; ++id) logits[id] = -INFINITY;
      EXPECT_EQ(sampler.pick(logits), plain_pick(options, logits, same));
    }
  }
}

TEST(Sampler, SeedsRepeat) {
  const auto logits = logits_of(std::vector<double>(50, 0.02));
  Sampler a({.temperature = 1, .seed = 5}), b({.temperature = 1, .seed = 5});
  Sampler c({.temperature = 1, .seed = 6});
  bool differs = false;
  for (int i = 0; i < 50; ++i) {
    const int32_t id = a.pick(logits);
    EXPECT_EQ(id, b.pick(logits));
    differs |= id != c.pick(logits);
  }
  EXPECT_TRUE(differs);
}

TEST(Sampler, NumbersThatAreNoneDoNotCrash) {
  std::vector<float> logits(40, NAN);
  for (float temperature : {0.0f, 1.0f}) {
    Sampler sampler({.temperature = temperature});
    EXPECT_EQ(sampler.pick(logits), token_end);
    logits[30] = 1;
    EXPECT_EQ(sampler.pick(logits), 30);
    logits[30] = NAN;
  }
  std::vector<float> endless(3000, INFINITY);
  endless[2000] = 1;
  Sampler sampler({.temperature = 1, .top_p = 0.9f});
  for (int i = 0; i < 100; ++i) EXPECT_NE(sampler.pick(endless), 2000);
}

TEST(LogProbability, SumsToOne) {
  const std::vector<float> logits = {1, -3, 80, 79.5f};
  double total = 0;
  for (int i = 0; i < 4; ++i) total += std::exp(log_probability(logits, i));
  EXPECT_NEAR(total, 1, 1e-12);
}

}  // namespace
}  // namespace tutti
