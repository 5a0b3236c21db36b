// Where the models that have requests keep their sequences.
//
// There are as many slots for all models together as for one. Where models together have touched
// more memory than all slots of the largest, those without requests give theirs back.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "engine/loaded_model.h"
#include "engine/model_handle.h"
#include "runtime/memory/sequence_caches.h"

namespace tutti {

struct ModelPlace {
  std::shared_ptr<SequenceCaches> caches;  // once a request wants a slot
  std::vector<int> free_slots;
  int touched = 0;  // most slots that were in use at once: pages are taken when they are written
  int jobs = 0;     // accepted, and not told of their end yet

  int take_slot();  // there is one
};

// Not thread-safe. What is taken out is to be destroyed without a lock: it is much memory.
class ModelPlaces {
 public:
  // By the model's life, not by its address, which another may have after it.
  using Map = std::map<std::weak_ptr<const LoadedModel>, ModelPlace, std::owner_less<>>;
  using Caches = std::vector<std::shared_ptr<SequenceCaches>>;

  explicit ModelPlaces(int slots) : slots_(slots) {}

  // That of the model, new where it has none; with caches if they are wanted. It stays for as long
  // as somebody has the model or it has jobs.
  Result<ModelPlace*> of(const ModelHandle& model, bool with_caches);
  size_t size() const { return places_.size(); }
  // Those of models that nobody has any more.
  Map take_unused();
  // A slot more of the place was touched: what others give back for it is appended to `freed`,
  // which has room for size() of them.
  void touch(ModelPlace& place, Caches& freed);

 private:
  const int slots_;
  Map places_;
};

}  // namespace tutti
