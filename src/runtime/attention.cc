// CpuOps::attention: keys are rotated once and put into their head's panels (in the cache, or in
// the arena for one pass), then each block of queries of one sequence and head is two products
// with a softmax between them (linear/packed_attention.h). Scores are materialised: at the lengths
// we serve (at most a few hundred keys) a block of them fits the second-level cache, where a tiled
// online softmax only adds rescaling.
#include <algorithm>
#include <cstring>

#include "model/rope.h"
#include "runtime/ops/cpu_ops.h"
#include "runtime/kernels/elementwise.h"

namespace tutti {
namespace {

constexpr int kKeyBlock = kPanelRows;  // positions that one thread puts: whole panels

static_assert(kHeadWidth == kHeadColumns);

int padded_keys(int keys) {
  return (keys + kPanelRows - 1) / kPanelRows * kPanelRows;
}

}  // namespace

struct CpuOps::KeyStore {
  const AttentionPlan& plan;
  KvCache* cache;  // or, without one, panels of each sequence in turn, head by head:
  uint8_t* data;
  std::span<const size_t> begins;  // of sequences, in positions; the last is the end
  Precision precision;
  int heads;

  // The first new key is at position past(sequence).
  KvHead head(int s, int h) const {
    if (cache) return cache->head(plan.slot(s), h);
    const int capacity = int(begins[s + 1] - begins[s]);
    const size_t position = KvHead::bytes(1, precision);
    return KvHead(data + (begins[s] * heads + size_t(h) * capacity) * position, capacity,
                  precision);
  }
  const uint8_t* groups(int s) const {
    return cache ? cache->groups(plan.slot(s)) : plan.key_groups.data() + plan.key_offsets[s];
  }
  int past(int s) const { return cache ? plan.past[s] : 0; }
};

bool CpuOps::check_attention(const Tensor& q, const Tensor& kv,
                             const AttentionWeights<Tensor>& weights, const AttentionPlan& plan,
                             const Cache* cache) {
  const int heads = q.cols() / kHeadWidth, gains = weights.modality_gain.rows();
  bool good = q.cols() % kHeadWidth == 0 && kv.cols() == 2 * q.cols() &&
              q.rows() == int(plan.query_rows.size()) && weights.modality_gain.cols() == heads &&
              (gains == 1 || gains == kGroups * kGroups);
  if (cache) good = good && cache->heads() == heads;
  for (int s = 0; good && s < plan.sequences(); ++s) {
    const int fresh = plan.key_offsets[s + 1] - plan.key_offsets[s];
    good = cache ? plan.past[s] + fresh <= cache->capacity() : plan.past[s] == 0;
    if (cache) good = good && plan.slot(s) < cache->sequences();
    // Planning looks ahead, when the cache does not hold the past yet.
    if (cache && computing_) good = good && plan.past[s] <= cache->length(plan.slot(s));
  }
  return expect(good, "attention", q, kv);
}

// Fills blocks_, of up to `rows` queries; returns the most keys that a block sees.
int CpuOps::list_query_blocks(const AttentionPlan& plan, int rows) {
  blocks_.clear();
  int most = 0;
  for (int s = 0; s < plan.sequences(); ++s)
    for (int first = plan.query_offsets[s]; first < plan.query_offsets[s + 1]; first += rows) {
      const int count = std::min(rows, plan.query_offsets[s + 1] - first);
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

// Fills key_begins_, where each sequence's panels begin without a cache; returns their positions.
size_t CpuOps::list_key_begins(const AttentionPlan& plan) {
  key_begins_.assign(1, 0);
  for (int s = 0; s < plan.sequences(); ++s)
    key_begins_.push_back(key_begins_.back() +
                          padded_keys(plan.key_offsets[s + 1] - plan.key_offsets[s]));
  return key_begins_.back();
}

void CpuOps::store_keys(const Tensor& kv, const AttentionWeights<Tensor>& weights,
                        const AttentionPlan& plan, const KeyStore& store) {
  const int width = store.heads * kHeadWidth;
  for (int s = 0; s < plan.sequences(); ++s) {
    const int first = plan.key_offsets[s], count = plan.key_offsets[s + 1] - first;
    const int past = store.past(s), first_block = past / kKeyBlock;
    // Of new keys [begin, end), all in one block of positions.
    const auto put = [&](int begin, int end) {
      float cosines[kKeyBlock][kRopePairs], sines[kKeyBlock][kRopePairs];
      float keys[kKeyBlock][kHeadWidth], values[kKeyBlock][kHeadWidth];
      for (int i = begin; i < end; ++i)
        kernels::rope_table(plan.key_positions[first + i], cosines[i - begin], sines[i - begin]);
      for (int h = 0; h < store.heads; ++h) {
        for (int i = begin; i < end; ++i) {
          const float* row = kv.row(plan.key_rows[first + i]) + h * kHeadWidth;
          kernels::rotate_head(row, weights.key_gain.row(0), cosines[i - begin], sines[i - begin],
                               1, keys[i - begin]);
          std::copy_n(row + width, kHeadWidth, values[i - begin]);
        }
        store.head(s, h).put(past + begin, {keys[0], end - begin, kHeadWidth, kHeadWidth},
                             {values[0], end - begin, kHeadWidth, kHeadWidth});
      }
    };
    const int key_blocks = (past + count + kKeyBlock - 1) / kKeyBlock - first_block;
    parallel(key_blocks, size_t(10) * width * kKeyBlock, [&](int begin, int end) {
      for (int b = begin; b < end; ++b) {
        const int at = (first_block + b) * kKeyBlock - past;
        put(std::max(at, 0), std::min(at + kKeyBlock, count));
      }
    });
    if (!store.cache) continue;
    std::copy_n(plan.key_groups.begin() + first, count, store.cache->groups(plan.slot(s)) + past);
    store.cache->set_length(plan.slot(s), past + count);
  }
}

// rotated: (heads * queries) rows of 64 in the keys' precision, scaled by 1 / sqrt(64).
void CpuOps::rotate_queries(const Tensor& q, const AttentionWeights<Tensor>& weights,
                            const AttentionPlan& plan, Precision precision, uint8_t* rotated) {
  const int queries = q.rows(), heads = q.cols() / kHeadWidth;
  const size_t row_bytes = size_t(kHeadWidth) * 4 / step_columns(precision);
  parallel(queries, size_t(10) * q.cols(), [&](int begin, int end) {
    float cosines[kRopePairs], sines[kRopePairs], row[kHeadWidth];
    for (int i = begin; i < end; ++i) {
      kernels::rope_table(plan.query_positions[i], cosines, sines);
      for (int head = 0; head < heads; ++head) {
        uint8_t* out = rotated + (size_t(head) * queries + i) * row_bytes;
        kernels::rotate_head(q.row(plan.query_rows[i]) + head * kHeadWidth,
                             weights.query_gain.row(0), cosines, sines, 0.125f, row);
        if (precision == Precision::bf16)
          kernels::round_bf16(row, kHeadWidth, out);
        else
          std::memcpy(out, row, sizeof row);
      }
    }
  });
}

// Gains of the keys that the block sees, for each group that asks: what is added to the scores.
// rows[g] is indexed by key.
void CpuOps::gain_rows(const QueryBlock& block, int head, ConstMatrix gain,
                       const AttentionPlan& plan, const uint8_t* groups, float* memory,
                       const float** rows) {
  const int begin = block.first_key / kPanelRows * kPanelRows;
  const int length = padded_keys(block.last_key - begin);
  for (int i = block.first; i < block.first + block.count; ++i) {
    const int g = plan.query_groups[i];
    if (rows[g]) continue;
    float gains[kGroups];
    for (int k = 0; k < kGroups; ++k) gains[k] = gain.row(g * kGroups + k)[head];
    float* row = memory + size_t(g) * length;
    for (int key = block.first_key; key < block.last_key; ++key)
      row[key - begin] = gains[groups[key]];
    rows[g] = row - begin;
  }
}

void CpuOps::count_shares(const QueryBlock& block, const AttentionPlan& plan, const uint8_t* groups,
                          const float* probabilities, AttentionProbe& probe) {
  const int begin = block.first_key / kPanelRows * kPanelRows;
  const int length = padded_keys(block.last_key - begin);
  for (int i = 0; i < block.count; ++i, probabilities += length) {
    const int group = plan.query_groups[block.first + i];
    probe.queries[group] += 1;
    for (int key = block.first_key; key < block.last_key; ++key)
      probe.share[group][groups[key]] += probabilities[key - begin];
  }
}

// rows, most: of any block. scratch: results, gains, what attend() wants, and probabilities for a
// probe.
void CpuOps::attend(const QueryBlock& block, int head, const AttentionWeights<Tensor>& weights,
                    const AttentionPlan& plan, const KeyStore& store, const uint8_t* queries,
                    int rows, int most, float* scratch, Tensor& y, AttentionProbe* probe) {
  float* gains = scratch + size_t(rows) * kHeadWidth;
  const ConstMatrix gain = weights.modality_gain.matrix();
  const float *by_group[kGroups] = {}, *bias[kMostAttentionRows];
  if (gain.rows > 1)  // one gain for all keys changes nothing
    gain_rows(block, head, gain, plan, store.groups(block.sequence), gains, by_group);
  for (int i = 0; i < block.count; ++i) bias[i] = by_group[plan.query_groups[block.first + i]];
  const size_t row = size_t(head) * plan.query_rows.size() + block.first;
  const size_t row_bytes = size_t(kHeadWidth) * 4 / step_columns(multiplied_in(store.precision));
  float* rest = gains + size_t(kGroups) * padded_keys(most + kPanelRows);
  float* probabilities = probe ? rest + attention_floats(most, store.precision, rows) : nullptr;
  tutti::attend(store.head(block.sequence, head),
                {queries + row * row_bytes, block.count, plan.first_key.data() + block.first,
                 plan.last_key.data() + block.first, gain.rows > 1 ? bias : nullptr, scratch,
                 kHeadWidth, probabilities},
                rest);
  if (probe) count_shares(block, plan, store.groups(block.sequence), probabilities, *probe);
  for (int i = 0; i < block.count; ++i)
    std::copy_n(scratch + i * kHeadWidth, kHeadWidth,
                y.mutable_matrix().row(plan.query_rows[block.first + i]) + head * kHeadWidth);
}

CpuTensor CpuOps::attention(const Tensor& q, const Tensor& kv,
                            const AttentionWeights<Tensor>& weights, const AttentionPlan& plan,
                            Cache* cache) {
  Tensor y = make(q.rows(), q.cols());
  if (!check_attention(q, kv, weights, plan, cache)) return y;
  const int heads = q.cols() / kHeadWidth;
  const Precision precision = cache ? cache->precision() : kept;
  const Precision multiplied = multiplied_in(precision);
  const int element = 4 / step_columns(multiplied);
  const size_t positions = cache ? 0 : list_key_begins(plan);
  Tensor keys = make(int(positions) * heads, 2 * kHeadWidth * element / 4);
  Tensor queries = make(q.rows() * heads, kHeadWidth * element / 4);
  // Heads alone are enough to share out where there are no more threads.
  const int rows = heads < threads_->size() ? kAttentionRows : kMostAttentionRows;
  const int most = list_query_blocks(plan, rows);
  AttentionProbe* probe = cache ? cache->probe : nullptr;
  const int keys_row = padded_keys(most + kPanelRows);
  const int floats = rows * kHeadWidth + kGroups * keys_row +
                     int(attention_floats(most, precision, rows)) + (probe ? rows * keys_row : 0);
  Tensor scratch = make(threads_->size(), padded_keys(floats));
  if (!computing_) return y;

  auto* rotated = reinterpret_cast<uint8_t*>(queries.mutable_matrix().data);
  const KeyStore store{
      plan,        cache,     reinterpret_cast<uint8_t*>(keys.mutable_matrix().data),
      key_begins_, precision, heads};
  store_keys(kv, weights, plan, store);
  rotate_queries(q, weights, plan, multiplied, rotated);
  // Head by head, for blocks differ in size: threads that share out heads have the same to do.
  const int blocks = int(blocks_.size());
  const auto work = [&](int thread, int begin, int end) {
    for (int task = begin; task < end; ++task)
      attend(blocks_[task % blocks], task / blocks, weights, plan, store, rotated, rows, most,
             scratch.mutable_matrix().row(thread), y, probe);
  };
  const int tasks = blocks * heads;
  if (probe || size_t(q.rows()) * q.cols() * most < kWorthThreads)
    work(0, 0, tasks);  // a probe adds up in order
  else
    threads_->run(tasks, work);
  return y;
}

}  // namespace tutti
