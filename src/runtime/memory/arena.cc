#include "runtime/memory/arena.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <mutex>

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

constexpr size_t kHugePage = size_t(2) << 20;
constexpr size_t kSlab = 16 * kHugePage;  // address space; pages come as they are written to
constexpr size_t kLeastShared = size_t(1) << 16;  // smaller ones gain nothing

size_t whole_huge_pages(size_t bytes) {
  return (bytes + kHugePage - 1) / kHugePage * kHugePage;
}

size_t whole_pages(size_t bytes) {
  static const auto page = size_t(sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

Error no_memory(size_t bytes) {
  return failed("no memory for " + std::to_string((bytes + (size_t(1) << 20) - 1) >> 20) +
                " MiB; close other programs or use a smaller model");
}

// Whole huge pages of zeros, from which matrices are cut one after the other.
struct Slab {
  uint8_t* begin = nullptr;
  size_t size = 0, used = 0;

  // Without memory when there is none.
  explicit Slab(size_t bytes) {
    void* mapped = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) return;
    auto* from = static_cast<uint8_t*>(mapped);
    const size_t before = whole_huge_pages(size_t(from)) - size_t(from);
    if (before > 0) munmap(from, before);
    begin = from + before, size = bytes;
    munmap(begin + size, kHugePage - before);
    madvise(begin, size, MADV_HUGEPAGE);  // else pages of 4 KB, which do as well
  }
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab() {
    if (begin) munmap(begin, size);
  }
};

// The slab that is being filled.
std::mutex slab_mutex;
std::weak_ptr<Slab> last_slab;

}  // namespace

// In a slab, pages go back at once: a model that stays would hold those of all that came after it
// and went.
AlignedFloats::~AlignedFloats() {
  std::free(memory_);
  if (slab_) madvise(data_, whole_pages(size_ * sizeof(float)), MADV_DONTNEED);
}

Result<AlignedFloats> AlignedFloats::allocate(size_t count) {
  AlignedFloats floats;
  if (count > kMost) return failed("cannot allocate " + std::to_string(count) + " floats");
  // calloc knows which memory the system has zeroed already: caches take pages as they fill.
  const size_t bytes = rounded(count) * sizeof(float) + kAlignment;
  floats.memory_ = std::calloc(bytes, 1);
  if (!floats.memory_) return no_memory(bytes);
  const size_t past = reinterpret_cast<uintptr_t>(floats.memory_) % kAlignment;
  floats.data_ = reinterpret_cast<float*>(static_cast<uint8_t*>(floats.memory_) +
                                          (past ? kAlignment - past : 0));
  floats.size_ = count;
  return floats;
}

Result<AlignedFloats> AlignedFloats::allocate_shared(size_t count) {
  const size_t bytes = whole_pages(std::min(count, kMost) * sizeof(float));
  if (bytes < kLeastShared || count > kMost) return allocate(count);
  const std::lock_guard lock(slab_mutex);
  std::shared_ptr<Slab> slab = last_slab.lock();
  if (!slab || slab->used + bytes > slab->size) {
    slab = std::make_shared<Slab>(std::max(kSlab, whole_huge_pages(bytes)));
    if (!slab->begin) return no_memory(bytes);
    last_slab = slab;
  }
  AlignedFloats floats;
  floats.data_ = reinterpret_cast<float*>(slab->begin + slab->used);
  floats.size_ = count;
  slab->used += bytes;
  floats.slab_ = std::move(slab);
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
