#include "runtime/kv_cache.h"

namespace tutti {

Result<KvCache> KvCache::create(int sequences, int capacity, int heads, Precision precision) {
  KvCache cache;
  cache.capacity_ = capacity;
  cache.heads_ = heads;
  TUTTI_ASSIGN(cache.kv_, PackedKv::create(sequences * heads, capacity, precision));
  cache.groups_.resize(size_t(sequences) * capacity);
  cache.lengths_.resize(sequences);
  return cache;
}

}  // namespace tutti
