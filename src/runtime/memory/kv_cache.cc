#include "runtime/memory/kv_cache.h"

#include <cassert>

namespace tutti {

Result<KvSequence> KvSequence::create(int capacity, int heads, Precision precision) {
  KvSequence sequence;
  TUTTI_ASSIGN(sequence.kv_, PackedKv::create(heads, capacity, precision));
  sequence.groups_.resize(size_t(sequence.capacity()));
  return sequence;
}

void KvSequence::make_room(int length, int oldest) {
  if (length <= first_ + capacity()) return;
  const int begin = std::max(first_, oldest / kPanelRows * kPanelRows);
  assert(length <= begin + capacity());
  if (length_ > begin) {
    for (int h = 0; h < heads(); ++h) head(h).move_down(begin, length_);
    std::copy(groups_.begin() + (begin - first_), groups_.begin() + (length_ - first_),
              groups_.begin());
  }
  first_ = begin;
  oldest_ = std::max(oldest_, begin);
}

void KvSequence::truncate(int length) {
  length_ = std::min(length_, length);
  if (length_ > oldest_) return;
  oldest_ = length_;
  first_ = length_ / kPanelRows * kPanelRows;
}

Result<KvCache> KvCache::create(int sequences, int capacity, int heads, Precision precision) {
  KvCache cache;
  cache.own_.reserve(size_t(sequences));
  for (int s = 0; s < sequences; ++s) {
    TUTTI_ASSIGN(KvSequence sequence, KvSequence::create(capacity, heads, precision));
    cache.own_.push_back(std::move(sequence));
  }
  for (KvSequence& sequence : cache.own_) cache.sequences_.push_back(&sequence);
  return cache;
}

void KvCache::borrow(std::span<KvSequence* const> sequences) {
  sequences_.assign(sequences.begin(), sequences.end());
}

size_t KvCache::bytes() const {
  size_t bytes = 0;
  for (const KvSequence& sequence : own_) bytes += sequence.bytes();
  return bytes;
}

}  // namespace tutti
