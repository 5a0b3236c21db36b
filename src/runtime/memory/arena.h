// The memory of one session's activations: a single allocation, carved up by first fit.
//
// Design. A pass is first run without memory ("planning"): the same architecture asks for the same
// blocks in the same order, so the highest byte it touches is exactly what the real pass needs.
// First fit depends only on that order and on sizes, never on where the memory lies; a block that
// turns out smaller than planned (rows that skip a layer) takes its planned room all the same. The
// gaps between live blocks are the free list; a pass holds a few dozen blocks, so finding one is a
// short scan. Rejected: one malloc per tensor (unbounded, slow in the tail); a bump pointer (a
// decoding step would need the sum of its blocks instead of their peak).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tutti {

// 64-byte aligned floats that are not on the C++ heap and may fail to exist.
class AlignedFloats {
 public:
  AlignedFloats() = default;
  AlignedFloats(AlignedFloats&& other) noexcept { swap(other); }
  AlignedFloats& operator=(AlignedFloats&& other) noexcept {
    swap(other);
    return *this;
  }
  ~AlignedFloats();

  // Zeros. An error when there is not that much memory, or the size overflows.
  static Result<AlignedFloats> allocate(size_t count);
  // The same for what is kept long and read from end to end: matrices side by side in huge pages
  // where the system has them, for looking up pages of 4 KB took a twentieth of a prefill. Each
  // has whole pages, which are given back with it; their addresses are with those of neighbours.
  static Result<AlignedFloats> allocate_shared(size_t count);

  float* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  void swap(AlignedFloats& other) noexcept {
    std::swap(slab_, other.slab_);
    std::swap(memory_, other.memory_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  std::shared_ptr<void> slab_;
  void* memory_ = nullptr;  // as the system gave it; none of a slab
  float* data_ = nullptr;
  size_t size_ = 0;
};

// One session's arena; not thread-safe.
class Arena {
 public:
  Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Between the two, blocks have sizes but no memory. end_plan() returns the bytes needed. No block
  // may be alive at either.
  void begin_plan();
  size_t end_plan();

  // Before a pass that asks for the blocks of the last plan once more.
  void repeat_plan() { next_ = 0; }

  // Makes room for `bytes`; keeps the memory it has where that is enough. No block may be alive.
  Status reserve(size_t bytes);

  // A block with one reference, or -1 when the arena is full.
  int allocate(size_t floats);
  float* data(int block) const;  // nullptr while planning
  void retain(int block) { ++slots_[block].references; }
  void release(int block);

  size_t capacity() const { return memory_.size() * sizeof(float); }
  int live_blocks() const { return int(order_.size()); }

 private:
  struct Slot {
    size_t begin = 0, end = 0;  // in floats
    int references = 0;
  };

  AlignedFloats memory_;
  bool planning_ = false;
  size_t peak_ = 0;
  std::vector<size_t> planned_;  // sizes of the last plan's blocks, in order
  size_t next_ = 0;              // of them, in the pass that follows it
  std::vector<Slot> slots_;
  std::vector<int> unused_;  // slots without a block
  std::vector<int> order_;   // slots with one, by address
};

}  // namespace tutti
