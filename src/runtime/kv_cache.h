// One trunk layer's keys and values of the tokens so far, for a few sequences side by side.
// Keys are stored normalised and rotated, head by head, as the products of attention read them
// (linear/packed_attention.h), in FP32 or bf16, or as rows in INT8.
//
// `past` in the attention plan says how many keys a pass builds on; attention writes the new ones
// behind them. Noisy tokens must not stay: truncate() after a flow step.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "model/config.h"
#include "runtime/linear/packed_attention.h"

namespace tutti {

// Attention that queries of one group gave to keys of another, summed over queries and heads.
struct AttentionProbe {
  std::array<std::array<double, kGroups>, kGroups> share = {};
  std::array<double, kGroups> queries = {};  // times heads
};

class KvCache {
 public:
  static Result<KvCache> create(int sequences, int capacity, int heads,
                                Precision precision = Precision::f32);

  int sequences() const { return int(lengths_.size()); }
  int capacity() const { return capacity_; }
  int heads() const { return heads_; }
  int length(int sequence) const { return lengths_[sequence]; }
  Precision precision() const { return kv_.precision(); }
  size_t bytes() const { return kv_.bytes() + groups_.size(); }

  // Of its positions length() are in use.
  KvHead head(int sequence, int head) const { return kv_.head(sequence * heads_ + head); }
  uint8_t* groups(int sequence) { return groups_.data() + size_t(sequence) * capacity_; }

  // For CpuOps::attention, after it has written the rows.
  void set_length(int sequence, int length) { lengths_[sequence] = length; }
  void truncate(int sequence, int length) {
    lengths_[sequence] = std::min(lengths_[sequence], length);
  }
  void clear() { std::fill(lengths_.begin(), lengths_.end(), 0); }

  // Where set, attention adds up its probabilities there. Not owned.
  AttentionProbe* probe = nullptr;

 private:
  int capacity_ = 0, heads_ = 0;
  PackedKv kv_;
  std::vector<uint8_t> groups_;
  std::vector<int> lengths_;
};

}  // namespace tutti
