#include "runtime/memory/arena.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <vector>

#include "base/rng.h"
#include "runtime/memory/tensor.h"

namespace tutti {
namespace {

// Calls act(block, floats) for a random sequence of allocations and frees; the same for a seed.
// `shrink`: of a hundred blocks, how many ask for less than they would.
template <class Allocated, class Released>
void random_pass(Arena& arena, uint64_t seed, const Allocated& allocated, const Released& released,
                 int shrink = 0) {
  Rng rng(seed), less(seed + 1);
  std::vector<int> live;
  for (int step = 0; step < 600; ++step) {
    if (!live.empty() && rng.below(100) < 48) {
      const int pick = rng.below(int(live.size()));
      released(live[pick]);
      arena.release(live[pick]);
      live.erase(live.begin() + pick);
    } else {
      int floats = rng.below(3000);
      if (less.below(100) < shrink) floats = less.below(floats + 1);
      const int block = arena.allocate(floats);
      ASSERT_GE(block, 0);
      allocated(block, floats);
      live.push_back(block);
    }
  }
  for (int block : live) {
    released(block);
    arena.release(block);
  }
}

// Of sizes below and above what is shared, of a slab and of more; every other one is given back.
TEST(AlignedFloats, SharedOnesAreZerosOfTheirOwn) {
  const size_t sizes[] = {1, 100, 16384, 16391, 500000, 9000001, 20000, 70000, 3000000, 17000};
  for (int round = 0; round < 3; ++round) {
    std::vector<AlignedFloats> all;
    for (size_t size : sizes) {
      Result<AlignedFloats> one = AlignedFloats::allocate_shared(size);
      ASSERT_TRUE(one);
      ASSERT_EQ(one->size(), size);
      ASSERT_EQ(reinterpret_cast<uintptr_t>(one->data()) % 64, 0u);
      ASSERT_EQ(std::count(one->data(), one->data() + size, 0.0f), ptrdiff_t(size));
      std::fill_n(one->data(), size, float(all.size() + 1));
      all.push_back(std::move(*one));
    }
    for (size_t i = 0; i < all.size(); i += 2) all[i] = AlignedFloats();
    for (size_t i = 1; i < all.size(); i += 2)
      ASSERT_EQ(std::count(all[i].data(), all[i].data() + all[i].size(), float(i + 1)),
                ptrdiff_t(all[i].size()));
  }
  EXPECT_FALSE(AlignedFloats::allocate_shared(size_t(1) << 40));
  EXPECT_FALSE(AlignedFloats::allocate_shared(SIZE_MAX));
}

size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * size_t(sysconf(_SC_PAGESIZE));
}

// As a model that stays beside another one that is exchanged.
TEST(AlignedFloats, SharedOnesGiveTheirPagesBack) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "shadow memory is counted too";
#endif
  constexpr size_t kCount = 50'000;
  const AlignedFloats stays = *AlignedFloats::allocate_shared(kCount);
  const size_t before = resident_bytes();
  for (int i = 0; i < 120; ++i) {  // 24 MB
    const AlignedFloats goes = *AlignedFloats::allocate_shared(kCount);
    std::fill_n(goes.data(), kCount, 1.0f);
  }
  EXPECT_LT(resident_bytes(), before + (size_t(4) << 20));
}

TEST(Arena, PlanIsExactlyEnoughAndBlocksNeverOverlap) {
  const auto ignore = [](auto...) {};
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Arena arena;
    arena.begin_plan();
    random_pass(arena, seed, ignore, ignore);
    const size_t bytes = arena.end_plan();
    ASSERT_TRUE(arena.reserve(bytes));
    ASSERT_LT(arena.capacity(), bytes + 128);

    std::map<int, int> sizes;
    random_pass(
        arena, seed,
        [&](int block, int floats) {
          sizes[block] = floats;
          ASSERT_EQ(reinterpret_cast<uintptr_t>(arena.data(block)) % 64, 0u);
          std::fill_n(arena.data(block), floats, float(block));
        },
        [&](int block) {
          for (int i = 0; i < sizes[block]; ++i) ASSERT_EQ(arena.data(block)[i], float(block));
        });
    EXPECT_EQ(arena.live_blocks(), 0);
  }
}

TEST(Arena, APlanHoldsForSmallerBlocksToo) {
  const auto ignore = [](auto...) {};
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Arena arena;
    arena.begin_plan();
    random_pass(arena, seed, ignore, ignore);
    ASSERT_TRUE(arena.reserve(arena.end_plan()));
    for (int pass = 0; pass < 3; ++pass) {
      arena.repeat_plan();
      random_pass(arena, seed, ignore, ignore, /*shrink=*/40);  // fails where a block finds no room
    }
  }
}

TEST(Arena, FullIsAnAnswerNotACrash) {
  Arena arena;
  EXPECT_EQ(arena.allocate(1), -1);
  ASSERT_TRUE(arena.reserve(4096));
  const int a = arena.allocate(512);
  EXPECT_EQ(arena.allocate(513), -1);
  EXPECT_EQ(arena.allocate(size_t(-1) / 2), -1);
  const int b = arena.allocate(512);
  EXPECT_GE(b, 0);
  EXPECT_EQ(arena.allocate(0), -1);
  arena.release(a);
  EXPECT_GE(arena.allocate(0), 0);
}

TEST(Arena, MemoryThatDoesNotExistIsAnError) {
  EXPECT_FALSE(AlignedFloats::allocate(size_t(-1)));
  EXPECT_FALSE(AlignedFloats::allocate(size_t(1) << 58));
}

TEST(Tensor, CopiesShareAndTheLastOneFrees) {
  Arena arena;
  ASSERT_TRUE(arena.reserve(1 << 16));
  {
    CpuTensor x(arena, arena.allocate(12), 3, 4);
    CpuTensor row = x.reshaped(4, 1, 4, 4);
    CpuTensor copy = row;
    const CpuTensor& same = copy;
    copy = same;
    x = CpuTensor();
    EXPECT_EQ(arena.live_blocks(), 1);
    EXPECT_EQ(copy.row(0), row.row(0));
    row = std::move(copy);
    EXPECT_EQ(arena.live_blocks(), 1);
  }
  EXPECT_EQ(arena.live_blocks(), 0);
}

}  // namespace
}  // namespace tutti
