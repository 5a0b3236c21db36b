#include "serve/model_places.h"

#include <algorithm>
#include <numeric>
#include <string>

namespace tutti {

int ModelPlace::take_slot() {
  const int slot = free_slots.back();
  free_slots.pop_back();
  return slot;
}

Result<ModelPlace*> ModelPlaces::of(const ModelHandle& model, bool with_caches) {
  const auto found = places_.find(model.model);
  if (found != places_.end() && (found->second.caches || !with_caches)) return &found->second;
  std::shared_ptr<SequenceCaches> caches;
  if (with_caches) {
    auto created = SequenceCaches::create(model->config, model->cached(), slots_);
    if (!created)
      return created.error().with_context("making room for " + std::to_string(slots_) +
                                          " sequences");
    caches = *std::move(created);
  }
  ModelPlace& place = places_[model.model];
  if (!caches) return &place;
  place.free_slots.resize(size_t(slots_));
  std::iota(place.free_slots.rbegin(), place.free_slots.rend(), 0);
  place.caches = std::move(caches);
  return &place;
}

ModelPlaces::Map ModelPlaces::take_unused() {
  Map unused;
  for (auto place = places_.begin(); place != places_.end();) {
    const auto next = std::next(place);
    if (place->second.jobs == 0 && place->first.expired()) unused.insert(places_.extract(place));
    place = next;
  }
  return unused;
}

void ModelPlaces::touch(ModelPlace& place, Caches& freed) {
  const int in_use = slots_ - int(place.free_slots.size());
  if (in_use <= place.touched) return;
  place.touched = in_use;
  size_t touched = 0, largest = 0;
  for (const auto& [model, other] : places_) {
    if (!other.caches) continue;
    const size_t each = other.caches->bytes() / size_t(slots_);
    touched += each * size_t(other.touched);
    largest = std::max(largest, each);
  }
  if (touched <= largest * size_t(slots_)) return;
  for (auto& [model, other] : places_) {
    if (other.jobs > 0 || !other.caches) continue;
    freed.push_back(std::move(other.caches));
    other.touched = 0;
  }
}

}  // namespace tutti
