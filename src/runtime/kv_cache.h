// One trunk layer's keys and values of the tokens so far, for a few sequences side by side.
// Keys are stored normalised and rotated, head by head, so that a step only reads them.
//
// `past` in the attention plan says how many keys a pass builds on; attention writes the new ones
// behind them. Noisy tokens must not stay: truncate() after a flow step.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "model/config.h"
#include "runtime/arena.h"

namespace tutti {

// Attention that queries of one group gave to keys of another, summed over queries and heads.
struct AttentionProbe {
  std::array<std::array<double, kGroups>, kGroups> share = {};
  std::array<double, kGroups> queries = {};  // times heads
};

class KvCache {
 public:
  static Result<KvCache> create(int sequences, int capacity, int heads);

  int sequences() const { return int(lengths_.size()); }
  int capacity() const { return capacity_; }
  int heads() const { return heads_; }
  int length(int sequence) const { return lengths_[sequence]; }
  size_t bytes() const { return (keys_.size() + values_.size()) * sizeof(float) + groups_.size(); }

  // capacity x 64 each, of which length() rows are in use.
  float* keys(int sequence, int head) const { return keys_.data() + offset(sequence, head); }
  float* values(int sequence, int head) const { return values_.data() + offset(sequence, head); }
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
  size_t offset(int sequence, int head) const {
    return (size_t(sequence) * heads_ + head) * capacity_ * kHeadWidth;
  }

  int capacity_ = 0, heads_ = 0;
  AlignedFloats keys_, values_;
  std::vector<uint8_t> groups_;
  std::vector<int> lengths_;
};

}  // namespace tutti
