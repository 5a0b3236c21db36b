#include "runtime/kv_cache.h"

namespace tutti {

Result<KvCache> KvCache::create(int sequences, int capacity, int heads) {
  KvCache cache;
  cache.capacity_ = capacity;
  cache.heads_ = heads;
  const size_t floats = size_t(sequences) * heads * capacity * kHeadWidth;
  TUTTI_ASSIGN(cache.keys_, AlignedFloats::allocate(floats));
  TUTTI_ASSIGN(cache.values_, AlignedFloats::allocate(floats));
  cache.groups_.resize(size_t(sequences) * capacity);
  cache.lengths_.resize(sequences);
  return cache;
}

}  // namespace tutti
