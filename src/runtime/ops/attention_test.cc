// Attention against its definition in double precision, and its promises: a cache changes nothing,
// neighbours in a batch change nothing, truncation forgets.
#include <cstring>

#include "tests/helpers/attention_problem.h"

namespace tutti {
namespace {

// Logits reach about 8 * 2 * 2 = 32 here (gains of 2), so a relative 2^-23 of one moves its weight
// by 32 * eps; sums of 64 add their share. 64 * eps * |v| of at most 5, with margin 4.
constexpr double kTolerance = 4 * 64 * kEpsilonF * 5;

TEST(Attention, MatchesDoublePrecision) {
  Rng rng(11);
  OpsFixture f;
  for (bool causal : {true, false}) {
    const Problem p(f.ops, rng, 45);
    AttentionPlan plan;
    p.append(plan, 0, 0, 45, causal);
    plan.first_key[44] = 7;  // a window
    const CpuTensor y = p.run(plan, {{0, 45}}, nullptr);
    ASSERT_TRUE(f.ops.status());
    for (int i = 0; i < 45; ++i)
      for (int head = 0; head < kHeads; ++head) {
        const auto want = p.expected(i, head, i == 44 ? 7 : 0, causal ? i + 1 : 45);
        for (int c = 0; c < 64; ++c)
          ASSERT_NEAR(y.row(i)[head * 64 + c], want[c], kTolerance) << i << " " << head;
      }
  }
}

// Error of a windowed causal pass of 150 tokens, relative to its norm.
double pass_error(Precision kept, bool cached) {
  Rng rng(18);
  OpsFixture f;
  f.ops.kept = multiplied_in(kept);
  const Problem p(f.ops, rng, 150);
  AttentionPlan plan;
  p.append(plan, 0, 0, 150, true);
  for (int i = 100; i < 150; ++i) plan.first_key[i] = i - 70;  // a window
  KvCache cache = make_cache(1, 160, kept);
  const CpuTensor y = p.run(plan, {{0, 150}}, cached ? &cache : nullptr);
  EXPECT_TRUE(f.ops.status());
  double wrong = 0, all = 0;
  for (int i = 0; i < 150; ++i)
    for (int head = 0; head < kHeads; ++head) {
      const auto want = p.expected(i, head, plan.first_key[i], i + 1);
      for (int c = 0; c < 64; ++c) {
        wrong += (y.row(i)[head * 64 + c] - want[c]) * (y.row(i)[head * 64 + c] - want[c]);
        all += want[c] * want[c];
      }
    }
  return std::sqrt(wrong / all);
}

// q and k of 2^-9 relative rounding each, as are probabilities and values: 4 * 2^-8 of the norm, as
// the trainer's attention promises.
TEST(Attention, InBf16IsNearDoublePrecision) {
  EXPECT_LT(pass_error(Precision::bf16, false), 4 / 256.0);
}

// A channel of INT8 is off by at most 1/254 of its row's largest, about 1/80 of the row's typical
// one (64 normal values: largest about 2.7 deviations; uniform error: 2.7 / 254 / sqrt(3) = 0.6 %
// of one). Values bring that to the result as it is. Logits are sums of 64 products whose errors
// are 0.6 % of q k each: at logits of spread 8 (gains of 2), 0.05 in a logit, 5 % of a weight,
// averaged over the keys that share the attention. 6 % of the norm bounds both.
TEST(Attention, AnInt8CacheIsNearDoublePrecision) {
  const double error = pass_error(Precision::int8, true);
  EXPECT_LT(error, 0.06);
  EXPECT_GT(error, pass_error(Precision::bf16, true));  // or INT8 was not what was read
}

// A pass without a cache keeps its keys in an arena that others have written to.
TEST(Attention, WhatLayInTheMemoryDoesNotMatter) {
  constexpr int kCapacity = 32;
  Rng rng(19);
  for (Precision precision : {Precision::f32, Precision::bf16})
    for (int keys : {1, 5, 16, 17, 30}) {
      const auto rows = random_values(rng, size_t(2) * keys * kHeadWidth);
      std::vector<uint8_t> queries(kHeadWidth * sizeof(float), 0);
      std::vector<float> results[2];
      for (uint8_t old : {0x00, 0xff}) {  // 0xff: NaN in either precision
        AlignedFloats memory =
            *AlignedFloats::allocate(KvHead::bytes(kCapacity, precision) / sizeof(float));
        std::memset(memory.data(), old, memory.size() * sizeof(float));
        const KvHead head(reinterpret_cast<uint8_t*>(memory.data()), kCapacity, precision);
        head.put(0, {rows.data(), keys, kHeadWidth, kHeadWidth},
                 {rows.data() + keys * kHeadWidth, keys, kHeadWidth, kHeadWidth});
        AlignedFloats scratch = *AlignedFloats::allocate(attention_floats(keys, precision));
        const int32_t first = 0, last = keys;
        std::vector<float> y(kHeadWidth);
        attend(head, MaskedBlock{queries.data(), 1, &first, &last, nullptr, y.data(), kHeadWidth},
               scratch.data());
        results[old != 0] = y;
      }
      EXPECT_EQ(results[0], results[1]) << keys;
      for (float value : results[1]) ASSERT_TRUE(std::isfinite(value)) << keys;
    }
}

TEST(Attention, AnInt8CacheTakesHalfTheMemory) {
  const size_t int8 = make_cache(2, 512, Precision::int8).bytes();
  EXPECT_LT(double(int8), 0.54 * double(make_cache(2, 512, Precision::bf16).bytes()));
}

TEST(Attention, TokenByTokenEqualsAllAtOnceToTheBit) {
  for (Precision precision : kPrecisions) {
    Rng rng(12);
    OpsFixture f;
    f.ops.kept = multiplied_in(precision);
    const Problem p(f.ops, rng, 39);
    AttentionPlan whole;
    p.append(whole, 0, 0, 39, true);
    KvCache cache = make_cache(1, 64, precision);
    const auto at_once = contents(p.run(whole, {{0, 39}}, &cache));
    if (precision == f.ops.kept) {  // a pass without a cache keeps nothing in INT8
      EXPECT_EQ(contents(p.run(whole, {{0, 39}}, nullptr)), at_once);
    }
    cache.clear();
    std::vector<float> steps;
    for (int i = 0; i < 39; i += i == 0 ? 20 : 1) {  // 20 at once, then one by one
      const int end = i == 0 ? 20 : i + 1;
      AttentionPlan plan;
      p.append(plan, 0, i, end, true);
      const auto y = contents(p.run(plan, {{i, end}}, &cache));
      steps.insert(steps.end(), y.begin(), y.end());
    }
    ASSERT_TRUE(f.ops.status());
    EXPECT_EQ(steps, at_once);
    EXPECT_EQ(cache.length(0), 39);
  }
}

TEST(Attention, SequencesDoNotSeeEachOther) {
  for (Precision precision : kPrecisions) {
    Rng rng(13);
    OpsFixture f;
    f.ops.kept = multiplied_in(precision);
    const Problem p(f.ops, rng, 50);
    AttentionPlan both, first, second;
    p.append(both, 0, 0, 21, true);
    p.append(both, 21, 21, 50, false);
    p.append(first, 0, 0, 21, true);
    p.append(second, 21, 21, 50, false);
    const auto together = contents(p.run(both, {{0, 50}}, nullptr));
    auto apart = contents(p.run(first, {{0, 21}}, nullptr));
    const auto rest = contents(p.run(second, {{21, 50}}, nullptr));
    apart.insert(apart.end(), rest.begin(), rest.end());
    EXPECT_EQ(together, apart);
    KvCache cache = make_cache(2, 64, precision), alone = make_cache(2, 64, precision);
    const auto cached = contents(p.run(both, {{0, 50}}, &cache));
    if (precision == f.ops.kept) {
      EXPECT_EQ(cached, together);
    }
    auto cached_apart = contents(p.run(first, {{0, 21}}, &alone));
    alone.clear();
    const auto cached_rest = contents(p.run(second, {{21, 50}}, &alone));
    cached_apart.insert(cached_apart.end(), cached_rest.begin(), cached_rest.end());
    EXPECT_EQ(cached, cached_apart);
  }
}

TEST(Attention, TruncationForgetsNoisyTokens) {
  for (Precision precision : kPrecisions) {
    Rng rng(14);
    OpsFixture f;
    const Problem p(f.ops, rng, 60);
    KvCache cache = make_cache(1, 64, precision);
    AttentionPlan context, noisy;
    p.append(context, 0, 0, 30, true);
    p.append(noisy, 0, 30, 60, false);
    (void)p.run(context, {{0, 30}}, &cache);
    const auto once = contents(p.run(noisy, {{30, 60}}, &cache));
    cache.truncate(0, 30);
    EXPECT_EQ(cache.length(0), 30);
    EXPECT_EQ(contents(p.run(noisy, {{30, 60}}, &cache)), once);
  }
}

TEST(Attention, ThreadsDoNotChangeABit) {
  Rng rng(15);
  OpsFixture one(1), three(3);
  const Problem p(one.ops, rng, 200);
  Problem q(three.ops, rng, 200);
  q.q = p.q, q.kv = p.kv, q.query_gain = p.query_gain, q.key_gain = p.key_gain;
  q.modality_gain = p.modality_gain, q.positions = p.positions, q.groups = p.groups;
  AttentionPlan plan;
  p.append(plan, 0, 0, 200, true);
  EXPECT_EQ(contents(p.run(plan, {{0, 200}}, nullptr)), contents(q.run(plan, {{0, 200}}, nullptr)));
}

TEST(Attention, ACacheThatIsTooShortOrTooFullIsAnError) {
  Rng rng(16);
  for (const auto& [begin, end] : {std::pair{5, 10}, {0, 20}}) {  // no past there; no room
    OpsFixture f;
    const Problem p(f.ops, rng, 20);
    KvCache cache = make_cache(1, 16);
    AttentionPlan plan;
    p.append(plan, 0, begin, end, true);
    (void)p.run(plan, {{begin, end}}, &cache);
    EXPECT_FALSE(f.ops.status());
  }
}

TEST(Attention, ProbeCountsWholeAttention) {
  for (Precision precision : kPrecisions) {
    Rng rng(17);
    OpsFixture f;
    const Problem p(f.ops, rng, 25);
    KvCache cache = make_cache(1, 32, precision);
    AttentionProbe probe;
    cache.probe = &probe;
    AttentionPlan plan;
    p.append(plan, 0, 0, 25, true);
    (void)p.run(plan, {{0, 25}}, &cache);
    double queries = 0;
    for (int g = 0; g < kTestGroups; ++g) {
      double share = 0;
      for (double s : probe.share[g]) share += s;
      const double rounding = precision == Precision::f32 ? 0 : probe.queries[g] / 256;
      EXPECT_NEAR(share, probe.queries[g], 1e-4 + rounding);
      queries += probe.queries[g];
    }
    EXPECT_EQ(queries, 25 * kHeads);
  }
}

}  // namespace
}  // namespace tutti
