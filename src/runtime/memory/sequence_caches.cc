#include "runtime/memory/sequence_caches.h"

namespace tutti {

Result<std::shared_ptr<SequenceCaches>> SequenceCaches::create(const ModelSpec& config,
                                                               Precision precision, int slots,
                                                               int window) {
  const int capacity = window > 0 ? windowed_capacity(window, config.context) : config.context;
  auto all = std::make_shared<SequenceCaches>();
  all->caches_.reserve(config.layers);
  for (int layer = 0; layer < config.layers; ++layer) {
    TUTTI_ASSIGN(KvCache cache, KvCache::create(slots, capacity, config.kv_heads(), precision));
    all->caches_.push_back(std::move(cache));
  }
  for (KvCache& cache : all->caches_) all->pointers_.push_back(&cache);
  return all;
}

void SequenceCaches::truncate(int slot, int length) {
  for (KvCache& cache : caches_) cache.truncate(slot, length);
}

void SequenceCaches::set_probes(std::vector<AttentionProbe>* probes) {
  for (size_t layer = 0; layer < caches_.size(); ++layer)
    caches_[layer].probe = probes ? &(*probes)[layer] : nullptr;
}

size_t SequenceCaches::bytes() const {
  size_t bytes = 0;
  for (const KvCache& cache : caches_) bytes += cache.bytes();
  return bytes;
}

}  // namespace tutti
