// Test helper: attention over tokens of random queries, keys and values, and its definition in
// double precision.
#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "model/rope.h"
#include "tests/helpers/ops_fixture.h"

namespace tutti {

inline constexpr int kTestGroups = 5, kHeads = 3, kWidth = kHeads * kHeadWidth;

// q, kv and weights of `tokens` tokens, and plans over them.
struct Problem {
  Problem(CpuOps& ops, Rng& rng, int tokens) : ops(ops), tokens(tokens) {
    q = random_values(rng, size_t(tokens) * kWidth);
    kv = random_values(rng, size_t(tokens) * 2 * kWidth);
    query_gain = random_values(rng, 64, 2);
    key_gain = random_values(rng, 64, 2);
    modality_gain = random_values(rng, kTestGroups * kTestGroups * kHeads);
    for (int i = 0; i < tokens; ++i) {
      positions.push_back({float(i), float(rng.uniform() * 8), float(rng.uniform() * 8)});
      groups.push_back(uint8_t(rng.below(kTestGroups)));
    }
  }

  // Appends tokens [begin, end) as (part of) sequence whose first token is `origin`.
  void append(AttentionPlan& plan, int origin, int begin, int end, bool causal) const {
    const int row = int(plan.query_rows.size());
    for (int i = begin; i < end; ++i) {
      plan.query_rows.push_back(row + i - begin);
      plan.query_positions.push_back(positions[i]);
      plan.query_groups.push_back(groups[i]);
      plan.first_key.push_back(0);
      plan.last_key.push_back(causal ? i - origin + 1 : end - origin);
    }
    plan.key_rows = plan.query_rows;
    plan.key_positions = plan.query_positions;
    plan.key_groups = plan.query_groups;
    plan.query_offsets.push_back(int32_t(plan.query_rows.size()));
    plan.key_offsets = plan.query_offsets;
    plan.past.push_back(begin - origin);
  }

  CpuTensor run(const AttentionPlan& plan, const std::vector<std::pair<int, int>>& ranges,
                KvCache* cache) const {
    std::vector<float> some_q, some_kv;
    for (auto [begin, end] : ranges) {
      some_q.insert(some_q.end(), q.begin() + begin * kWidth, q.begin() + end * kWidth);
      some_kv.insert(some_kv.end(), kv.begin() + begin * 2 * kWidth, kv.begin() + end * 2 * kWidth);
    }
    const int rows = int(some_q.size()) / kWidth;
    return ops.attention(ops.constant(some_q, rows, kWidth),
                         ops.constant(some_kv, rows, 2 * kWidth), weights(), plan, cache);
  }

  AttentionWeights<CpuTensor> weights() const {
    return {ops.constant(query_gain, 1, 64), ops.constant(key_gain, 1, 64),
            ops.constant(modality_gain, 25, kHeads)};
  }

  std::vector<double> rotated(const float* x, const std::vector<float>& gain, Position p) const {
    double square = 0;
    for (int c = 0; c < 64; ++c) square += double(x[c]) * x[c];
    std::vector<double> v(64), out(64);
    for (int c = 0; c < 64; ++c) v[c] = x[c] / std::sqrt(square / 64 + 1e-6) * gain[c];
    for (int pair = 0; pair < 32; ++pair) {
      const double angle = RopeRates().angle(p, pair);
      out[pair] = v[pair] * std::cos(angle) - v[pair + 32] * std::sin(angle);
      out[pair + 32] = v[pair + 32] * std::cos(angle) + v[pair] * std::sin(angle);
    }
    return out;
  }

  // Head `head` of query `i` over tokens [first, last).
  std::vector<double> expected(int i, int head, int first, int last) const {
    const auto query = rotated(&q[i * kWidth + head * 64], query_gain, positions[i]);
    std::vector<double> logits, out(64);
    double highest = -1e300, total = 0;
    for (int j = first; j < last; ++j) {
      const auto key = rotated(&kv[j * 2 * kWidth + head * 64], key_gain, positions[j]);
      double logit = modality_gain[(groups[i] * kTestGroups + groups[j]) * kHeads + head];
      for (int c = 0; c < 64; ++c) logit += query[c] * key[c] / 8;
      logits.push_back(logit);
      highest = std::max(highest, logit);
    }
    for (double& logit : logits) total += logit = std::exp(logit - highest);
    for (int j = first; j < last; ++j)
      for (int c = 0; c < 64; ++c)
        out[c] += logits[j - first] / total * kv[j * 2 * kWidth + kWidth + head * 64 + c];
    return out;
  }

  CpuOps& ops;
  int tokens;
  std::vector<float> q, kv, query_gain, key_gain, modality_gain;
  std::vector<Position> positions;
  std::vector<uint8_t> groups;
};

inline KvCache make_cache(int sequences, int capacity, Precision precision = Precision::f32) {
  return *KvCache::create(sequences, capacity, kHeads, precision);
}

inline constexpr Precision kPrecisions[] = {Precision::f32, Precision::bf16, Precision::int8};

}  // namespace tutti
