// One trunk layer's keys and values of the tokens so far, for a few sequences side by side.
// Keys are stored normalised and rotated, head by head, as the products of attention read them
// (runtime/linear/packed_attention.h), in FP32 or bf16, or as rows in INT8.
//
// `past` in the attention plan says how many keys a pass builds on; attention writes the new ones
// behind them. Noisy tokens must not stay: truncate() after a flow step.
//
// A window. A sequence that runs out of room drops the keys that no query will see again
// (AttentionPlan::oldest), in whole panels of 16, and moves the rest to the front. Keys are still
// counted from the start of the sequence, and attention gives the same bits as with every key kept.
// With windowed_capacity() a new key moves one old key on average. Rejected: a ring, where the
// product with the values would be summed in two parts, which rounds differently.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "model/spec.h"
#include "runtime/linear/packed_attention.h"

namespace tutti {

// Attention that queries of one group gave to keys of another, summed over queries and heads.
struct AttentionProbe {
  std::array<std::array<double, kMostGroups>, kMostGroups> share = {};
  std::array<double, kMostGroups> queries = {};  // times heads
};

// Room for a window that moves once every `window` tokens, and for passes of `fresh` tokens.
constexpr int windowed_capacity(int window, int fresh) {
  return 2 * window + fresh + kPanelRows;
}

// One sequence. A value: it may be moved to where the sequence goes on.
class KvSequence {
 public:
  static Result<KvSequence> create(int capacity, int heads, Precision precision);

  int capacity() const { return kv_.capacity(); }  // keys that are kept at once
  int heads() const { return kv_.heads(); }
  Precision precision() const { return kv_.precision(); }
  size_t bytes() const { return kv_.bytes() + groups_.size(); }
  // Keys [oldest(), length()) are there.
  int oldest() const { return oldest_; }
  int length() const { return length_; }

  KvHead head(int head) const {
    KvHead view = kv_.head(head);
    view.first = first_;
    return view;
  }
  uint8_t& group(int key) { return groups_[size_t(key - first_)]; }

  // Before keys up to `length` are written: drops keys before `oldest` where there is no room for
  // the new ones. That must make enough room.
  void make_room(int length, int oldest);
  void set_length(int length) { length_ = length; }
  // Drops keys from `length` on. Keys that left the window do not come back.
  void truncate(int length);

 private:
  PackedKv kv_;
  std::vector<uint8_t> groups_;
  int first_ = 0;  // key whose place is the first: a whole number of panels
  int oldest_ = 0, length_ = 0;
};

class KvCache {
 public:
  KvCache() = default;
  static Result<KvCache> create(int sequences, int capacity, int heads,
                                Precision precision = Precision::f32);
  // Of sequences that others own, all of one shape, until the next call. They must outlive its use.
  void borrow(std::span<KvSequence* const> sequences);

  int sequences() const { return int(sequences_.size()); }
  int capacity() const { return sequences_[0]->capacity(); }
  int heads() const { return sequences_[0]->heads(); }
  Precision precision() const { return sequences_[0]->precision(); }
  size_t bytes() const;  // of its own

  KvSequence& sequence(int s) { return *sequences_[size_t(s)]; }
  int length(int s) const { return sequences_[size_t(s)]->length(); }
  void truncate(int s, int length) { sequences_[size_t(s)]->truncate(length); }
  void clear() {
    for (KvSequence* sequence : sequences_) sequence->truncate(0);
  }

  // Where set, attention adds up its probabilities there. Not owned.
  AttentionProbe* probe = nullptr;

 private:
  std::vector<KvSequence> own_;
  std::vector<KvSequence*> sequences_;
};

}  // namespace tutti
