// Keys and values of the sequences that are alive: a slot each, in every layer of the trunk. Their
// pages are taken only when they are written, and then stay.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "runtime/memory/kv_cache.h"

namespace tutti {

// Several sessions may use one at once, each with slots of its own.
class SequenceCaches {
 public:
  // 2 x context keys and values a layer and slot. With a window (SequenceStart::window): what
  // sequences without an end need, in passes of at most `context` tokens.
  static Result<std::shared_ptr<SequenceCaches>> create(const ModelSpec& config,
                                                        Precision precision, int slots,
                                                        int window = 0);

  std::span<KvCache* const> layers() const { return pointers_; }  // as Model::forward wants them
  void truncate(int slot, int length);
  void set_probes(std::vector<AttentionProbe>* probes);  // one a layer, or nullptr
  size_t bytes() const;

 private:
  std::vector<KvCache> caches_;
  std::vector<KvCache*> pointers_;
};

}  // namespace tutti
