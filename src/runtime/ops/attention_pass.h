// One attention of CpuOps: keys are rotated once and put into their head's panels (in the cache, or
// in memory of the pass), then each block of queries of one sequence and head is two products with
// a softmax between them (runtime/linear/packed_attention.h). Scores are materialised: at the
// lengths we serve (at most a few hundred keys) a block of them fits the second-level cache, where
// a tiled online softmax only adds rescaling.
//
//   AttentionPass pass(q, kv, weights, plan, cache, precision, threads, lists);
//   if (!pass.fits(planning)) ...
//   const AttentionSizes sizes = pass.lay_out();    // of memory to be given to run()
//   pass.run(memory, y);
#pragma once

#include <span>
#include <vector>

#include "model/ops.h"
#include "runtime/memory/kv_cache.h"
#include "runtime/memory/tensor.h"
#include "runtime/threads.h"

namespace tutti {

// Up to 24 queries of one sequence.
struct QueryBlock {
  int sequence, first, count;  // `first` counts over all sequences
  int first_key, last_key;     // the union of what they see
};

// What a pass lists; kept from one to the next, so that nothing is allocated once it has grown.
struct AttentionLists {
  std::vector<QueryBlock> blocks;
  std::vector<size_t> key_begins;  // of sequences, in positions; the last is the end
};

// Floats. Scratch is one row a thread.
struct AttentionSizes {
  int key_rows, key_columns, query_rows, query_columns, scratch_columns;
};

struct AttentionMemory {
  Matrix keys, queries, scratch;
};

class AttentionPass {
 public:
  // kept: what keys, values and queries are rounded to where there is no cache; with one, it says.
  AttentionPass(const CpuTensor& q, const CpuTensor& kv, const AttentionWeights<CpuTensor>& weights,
                const AttentionPlan& plan, KvCache* cache, Precision kept, ThreadPool& threads,
                AttentionLists& lists);

  // Whether shapes fit each other and the cache, which need not hold the past yet while planning.
  bool fits(bool planning) const;
  AttentionSizes lay_out();
  // After lay_out(). y: as q.
  void run(const AttentionMemory& memory, Matrix y);

 private:
  // Below this many multiply-adds waking another thread costs more than it saves.
  static constexpr size_t kWorthThreads = 30000;

  template <class Body>
  void parallel(int rows, size_t work, const Body& body);
  void list_query_blocks();
  size_t list_key_begins();
  KvHead key_head(int sequence, int head) const;
  bool fits_cache(int sequence, bool planning) const;
  int oldest(int sequence) const { return plan_.oldest.empty() ? 0 : plan_.oldest[sequence]; }
  // Of the sequence's keys from `key` on.
  const uint8_t* key_groups(int sequence, int key) const;
  int past(int sequence) const { return cache_ ? plan_.past[sequence] : 0; }
  void store_keys();
  void put_keys(int sequence, int begin, int end) const;
  void rotate_queries();
  void gain_rows(const QueryBlock& block, int head, float* memory, const float** rows) const;
  void attend(const QueryBlock& block, int head, float* scratch, Matrix y) const;
  void count_shares(const QueryBlock& block, const float* probabilities) const;

  const CpuTensor &q_, &kv_;
  const AttentionWeights<CpuTensor>& weights_;
  const AttentionPlan& plan_;
  KvCache* const cache_;
  ThreadPool& threads_;
  AttentionLists& lists_;
  const Precision precision_;
  const int heads_, kv_heads_, groups_;  // groups that the gains tell apart
  AttentionProbe* const probe_;
  const int rows_;  // of a block at most
  int most_ = 0;    // keys that a block sees
  uint8_t *keys_ = nullptr, *queries_ = nullptr;
};

}  // namespace tutti
