// CpuOps::attention: keys are rotated once and stored head by head (in the cache, or in the arena
// for one pass), then each block of 16 queries of one sequence and head is scores, softmax, values.
// Scores are materialised: at the lengths we serve (at most a few hundred keys) 16 rows of them fit
// the first-level cache, where a tiled online softmax only adds rescaling.
#include <algorithm>
#include <cmath>

#include "model/rope.h"
#include "runtime/cpu_ops.h"
#include "runtime/kernels.h"

namespace tutti {
namespace {

constexpr int kQueryBlock = 16;

}  // namespace

struct CpuOps::KeyStore {
  const AttentionPlan& plan;
  KvCache* cache;       // or, without one:
  Matrix keys, values;  // (heads * new keys) x 64
  int heads;

  // Key rows of a sequence and head; the first new key is row past(sequence).
  float* key_rows(int s, int head) const { return rows(s, head, keys.data, true); }
  float* value_rows(int s, int head) const { return rows(s, head, values.data, false); }
  const uint8_t* groups(int s) const {
    return cache ? cache->groups(s) : plan.key_groups.data() + plan.key_offsets[s];
  }
  int past(int s) const { return cache ? plan.past[s] : 0; }

 private:
  float* rows(int s, int head, float* data, bool is_key) const {
    if (cache) return is_key ? cache->keys(s, head) : cache->values(s, head);
    const size_t row = size_t(head) * plan.key_rows.size() + plan.key_offsets[s];
    return data + row * kHeadWidth;
  }
};

bool CpuOps::check_attention(const Tensor& q, const Tensor& kv,
                             const AttentionWeights<Tensor>& weights, const AttentionPlan& plan,
                             const Cache* cache) {
  const int heads = q.cols() / kHeadWidth, gains = weights.modality_gain.rows();
  bool good = q.cols() % kHeadWidth == 0 && kv.cols() == 2 * q.cols() &&
              q.rows() == int(plan.query_rows.size()) && weights.modality_gain.cols() == heads &&
              (gains == 1 || gains == kGroups * kGroups);
  if (cache) good = good && cache->heads() == heads && plan.sequences() <= cache->sequences();
  for (int s = 0; good && s < plan.sequences(); ++s) {
    const int fresh = plan.key_offsets[s + 1] - plan.key_offsets[s];
    good = cache ? plan.past[s] + fresh <= cache->capacity() : plan.past[s] == 0;
    // Planning looks ahead, when the cache does not hold the past yet.
    if (cache && computing_) good = good && plan.past[s] <= cache->length(s);
  }
  return expect(good, "attention", q, kv);
}

// Fills blocks_; returns the most keys that a block sees.
int CpuOps::list_query_blocks(const AttentionPlan& plan) {
  blocks_.clear();
  int most = 0;
  for (int s = 0; s < plan.sequences(); ++s)
    for (int first = plan.query_offsets[s]; first < plan.query_offsets[s + 1];
         first += kQueryBlock) {
      const int count = std::min(kQueryBlock, plan.query_offsets[s + 1] - first);
      QueryBlock block{s, first, count, plan.first_key[first], plan.last_key[first]};
      for (int i = first; i < first + count; ++i) {
        block.first_key = std::min(block.first_key, plan.first_key[i]);
        block.last_key = std::max(block.last_key, plan.last_key[i]);
      }
      most = std::max(most, block.last_key - block.first_key);
      blocks_.push_back(block);
    }
  return most;
}

void CpuOps::store_keys(const Tensor& kv, const AttentionWeights<Tensor>& weights,
                        const AttentionPlan& plan, const KeyStore& store) {
  for (int s = 0; s < plan.sequences(); ++s) {
    const int first = plan.key_offsets[s], count = plan.key_offsets[s + 1] - first;
    const int past = store.past(s), width = store.heads * kHeadWidth;
    parallel(count, size_t(10) * width, [&](int begin, int end) {
      float cosines[kRopePairs], sines[kRopePairs];
      for (int i = begin; i < end; ++i) {
        const float* row = kv.row(plan.key_rows[first + i]);
        kernels::rope_table(plan.key_positions[first + i], cosines, sines);
        for (int head = 0; head < store.heads; ++head) {
          const size_t place = size_t(past + i) * kHeadWidth;
          kernels::rotate_head(row + head * kHeadWidth, weights.key_gain.row(0), cosines, sines, 1,
                               store.key_rows(s, head) + place);
          std::copy_n(row + width + head * kHeadWidth, kHeadWidth,
                      store.value_rows(s, head) + place);
        }
      }
    });
    if (!store.cache) continue;
    std::copy_n(plan.key_groups.begin() + first, count, store.cache->groups(s) + past);
    store.cache->set_length(s, past + count);
  }
}

// rotated: (heads * queries) x 64, scaled by 1 / sqrt(64).
void CpuOps::rotate_queries(const Tensor& q, const AttentionWeights<Tensor>& weights,
                            const AttentionPlan& plan, Tensor& rotated) {
  const int queries = q.rows(), heads = q.cols() / kHeadWidth;
  const Matrix out = rotated.mutable_matrix();
  parallel(queries, size_t(10) * q.cols(), [&](int begin, int end) {
    float cosines[kRopePairs], sines[kRopePairs];
    for (int i = begin; i < end; ++i) {
      kernels::rope_table(plan.query_positions[i], cosines, sines);
      for (int head = 0; head < heads; ++head)
        kernels::rotate_head(q.row(plan.query_rows[i]) + head * kHeadWidth,
                             weights.query_gain.row(0), cosines, sines, 0.125f,
                             out.row(head * queries + i));
    }
  });
}

// scratch: kQueryBlock x the block's keys of scores, then kQueryBlock x 64 of results.
void CpuOps::attend(const QueryBlock& block, int head, const AttentionWeights<Tensor>& weights,
                    const AttentionPlan& plan, const KeyStore& store, const Tensor& queries,
                    float* scratch, Tensor& y, AttentionProbe* probe) {
  const int keys = block.last_key - block.first_key;
  const size_t skip = size_t(block.first_key) * kHeadWidth;
  const Matrix scores{scratch + kQueryBlock * kHeadWidth, block.count, keys, size_t(keys)};
  const int total = int(plan.query_rows.size());
  kernels::gemm({queries.row(head * total + block.first), block.count, kHeadWidth, kHeadWidth},
                {store.key_rows(block.sequence, head) + skip, keys, kHeadWidth, kHeadWidth},
                scores);

  const uint8_t* groups = store.groups(block.sequence) + block.first_key;
  const ConstMatrix gain = weights.modality_gain.matrix();
  for (int i = 0; i < block.count; ++i) {
    const int query = block.first + i, group = plan.query_groups[query];
    float gains[kGroups];
    for (int g = 0; g < kGroups; ++g)
      gains[g] = gain.row(gain.rows == 1 ? 0 : group * kGroups + g)[head];
    kernels::softmax(scores.row(i), keys, plan.first_key[query] - block.first_key,
                     plan.last_key[query] - block.first_key, gains, groups);
    if (!probe) continue;
    probe->queries[group] += 1;
    for (int k = 0; k < keys; ++k) probe->share[group][groups[k]] += scores.row(i)[k];
  }

  kernels::weighted_values(scores.data, block.count, keys,
                           store.value_rows(block.sequence, head) + skip, scratch, kHeadWidth);
  for (int i = 0; i < block.count; ++i)
    std::copy_n(scratch + i * kHeadWidth, kHeadWidth,
                y.mutable_matrix().row(plan.query_rows[block.first + i]) + head * kHeadWidth);
}

CpuTensor CpuOps::attention(const Tensor& q, const Tensor& kv,
                            const AttentionWeights<Tensor>& weights, const AttentionPlan& plan,
                            Cache* cache) {
  Tensor y = make(q.rows(), q.cols());
  if (!check_attention(q, kv, weights, plan, cache)) return y;
  const int heads = q.cols() / kHeadWidth, stored = cache ? 0 : int(plan.key_rows.size()) * heads;
  Tensor keys = make(stored, kHeadWidth), values = make(stored, kHeadWidth);
  Tensor queries = make(q.rows() * heads, kHeadWidth);
  const int most = list_query_blocks(plan);
  Tensor scratch = make(threads_.size(), kQueryBlock * (kHeadWidth + most));
  if (!computing_) return y;

  const KeyStore store{plan, cache, keys.mutable_matrix(), values.mutable_matrix(), heads};
  store_keys(kv, weights, plan, store);
  rotate_queries(q, weights, plan, queries);
  AttentionProbe* probe = cache ? cache->probe : nullptr;
  const auto work = [&](int thread, int begin, int end) {
    for (int task = begin; task < end; ++task)
      attend(blocks_[task / heads], task % heads, weights, plan, store, queries,
             scratch.mutable_matrix().row(thread), y, probe);
  };
  const int tasks = int(blocks_.size()) * heads;
  if (probe || size_t(q.rows()) * q.cols() * most < kWorthThreads)
    work(0, 0, tasks);  // a probe adds up in order
  else
    threads_.run(tasks, work);
  return y;
}

}  // namespace tutti
