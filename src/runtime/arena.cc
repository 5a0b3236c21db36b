#include "runtime/arena.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>

namespace tutti {
namespace {

constexpr size_t kAlignment = 64;                     // a cache line, and an AVX-512 register
constexpr size_t kStep = kAlignment / sizeof(float);  // blocks begin at multiples of it
constexpr size_t kMost = size_t(1) << 37;  // floats: 512 GiB, beyond any machine this runs on
constexpr size_t kUsualBlocks = 512;  // far above what a pass holds at once; more grows the tables
constexpr size_t kUsualPass = 4096;   // and above what it asks for

size_t rounded(size_t floats) {
  return (std::max<size_t>(floats, 1) + kStep - 1) / kStep * kStep;
}

}  // namespace

AlignedFloats::~AlignedFloats() {
  std::free(memory_);
}

Result<AlignedFloats> AlignedFloats::allocate(size_t count) {
  AlignedFloats floats;
  if (count > kMost) return failed("cannot allocate " + std::to_string(count) + " floats");
  // calloc knows which memory the system has zeroed already: caches take pages as they fill.
  const size_t bytes = rounded(count) * sizeof(float) + kAlignment;
  floats.memory_ = std::calloc(bytes, 1);
  if (!floats.memory_)
    return failed("no memory for " + std::to_string(bytes >> 20) +
                  " MiB; close other programs or use a smaller model");
  const auto address = reinterpret_cast<uintptr_t>(floats.memory_);
  floats.data_ = reinterpret_cast<float*>((address + kAlignment - 1) / kAlignment * kAlignment);
  floats.size_ = count;
  return floats;
}

Arena::Arena() {
  slots_.reserve(kUsualBlocks);
  unused_.reserve(kUsualBlocks);
  order_.reserve(kUsualBlocks);
  planned_.reserve(kUsualPass);
}

void Arena::begin_plan() {
  assert(order_.empty());
  planning_ = true;
  peak_ = 0;
  planned_.clear();
}

size_t Arena::end_plan() {
  assert(order_.empty());
  planning_ = false;
  next_ = 0;
  return peak_ * sizeof(float);
}

Status Arena::reserve(size_t bytes) {
  assert(order_.empty());
  if (bytes <= capacity()) return {};
  memory_ = AlignedFloats();
  TUTTI_ASSIGN(memory_, AlignedFloats::allocate(rounded((bytes + 3) / sizeof(float))));
  return {};
}

int Arena::allocate(size_t floats) {
  const size_t limit = planning_ ? kMost : memory_.size();
  if (floats > limit) return -1;
  size_t wanted = rounded(floats);
  if (planning_)
    planned_.push_back(wanted);
  else if (next_ < planned_.size())
    wanted = std::max(wanted, planned_[next_++]);
  size_t begin = 0, place = 0;
  for (; place < order_.size(); ++place) {
    const Slot& next = slots_[order_[place]];
    if (next.begin - begin >= wanted) break;
    begin = next.end;
  }
  if (wanted > limit - begin) return -1;

  if (unused_.empty()) {
    unused_.push_back(int(slots_.size()));
    slots_.emplace_back();
  }
  const int slot = unused_.back();
  unused_.pop_back();
  slots_[slot] = {begin, begin + wanted, 1};
  order_.insert(order_.begin() + place, slot);
  peak_ = std::max(peak_, begin + wanted);
  return slot;
}

float* Arena::data(int block) const {
  return planning_ ? nullptr : memory_.data() + slots_[block].begin;
}

void Arena::release(int block) {
  Slot& slot = slots_[block];
  if (--slot.references > 0) return;
  const auto by_address = [&](int other, size_t begin) { return slots_[other].begin < begin; };
  order_.erase(std::lower_bound(order_.begin(), order_.end(), slot.begin, by_address));
  unused_.push_back(block);
}

}  // namespace tutti
