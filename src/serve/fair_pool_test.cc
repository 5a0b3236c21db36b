#include "serve/fair_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <future>
#include <new>
#include <stdexcept>
#include <system_error>

namespace {

thread_local int allocations_left = -1;  // of this thread, until they fail; below 0: all succeed

}  // namespace

[[gnu::noinline]] void* operator new(size_t bytes) {
  if (allocations_left == 0) throw std::bad_alloc();
  if (allocations_left > 0) --allocations_left;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace tutti {
namespace {

// Holds a pool's only thread until it is let go.
class Gate {
 public:
  explicit Gate(FairPool& pool) {
    std::promise<void> inside;
    pool.post("gate", [&inside, open = open_.get_future().share()] {
      inside.set_value();
      open.wait();
    });
    inside.get_future().wait();
  }
  void open() { open_.set_value(); }

 private:
  std::promise<void> open_;
};

TEST(FairPool, TurnsGoToOwnersFirst) {
  std::string order;
  {
    FairPool pool({.threads = 1});
    Gate gate(pool);
    std::promise<void> done;
    for (int i = 0; i < 100; ++i) pool.post("greedy", [&] { order += 'g'; });
    for (int i = 0; i < 2; ++i) pool.post("modest", [&] { order += 'm'; });
    pool.post("last", [&] { order += 'l'; });
    pool.post("modest", [&] { done.set_value(); });
    gate.open();
    done.get_future().wait();
  }
  EXPECT_EQ(order.substr(0, 6), "gmlgmg") << order;
}

int offers(FairPool& pool, const std::string& owner) {
  int taken = 0;
  while (pool.has_room(owner) && pool.offer(owner, [] {})) ++taken;
  EXPECT_FALSE(pool.offer(owner, [] {}));
  return taken;
}

TEST(FairPool, QueuesAreBounded) {
  FairPool pool({.threads = 1, .most_waiting = 12});
  Gate gate(pool);
  EXPECT_EQ(offers(pool, "a"), 6) << "half for one owner alone";
  EXPECT_EQ(offers(pool, "b"), 3) << "half of what is left for the next";
  int one_each = 0;
  for (int i = 0; i < 30; ++i) one_each += pool.offer("c" + std::to_string(i), [] {});
  EXPECT_EQ(one_each, 2 * 12 - 9) << "an owner with nothing always has a place, up to a bound";
  FairPool each({.threads = 1, .most_waiting = 12, .most_waiting_each = 2});
  Gate other(each);
  EXPECT_EQ(offers(each, "a"), 2);
  gate.open(), other.open();
}

TEST(FairPool, WhatIsPostedTakesNobodysPlace) {
  FairPool pool({.threads = 1, .most_waiting = 12});
  Gate gate(pool);
  for (int i = 0; i < 620; ++i) pool.post("many sockets", [] {});
  EXPECT_EQ(offers(pool, "other"), 6);
  EXPECT_EQ(offers(pool, "many sockets"), 3);
  gate.open();
}

TEST(FairPool, AnOwnerDoesNotTakeAllThreads) {
  FairPool pool({.threads = 2, .most_running_each = 1});
  Gate gate(pool);
  std::promise<void> other;
  pool.post("gate", [] {});
  pool.post("gate", [] {});
  pool.post("other", [&] { other.set_value(); });
  other.get_future().wait();  // by the second thread, past what the first one's owner wants
  EXPECT_EQ(pool.waiting(), 2u);
  gate.open();
}

TEST(FairPool, WhatIsThrownEndsNothing) {
  FairPool pool({.threads = 1});
  pool.post("a", [] { throw std::runtime_error("no"); });
  pool.post("a", [] { throw 7; });
  std::promise<void> done;
  pool.post("a", [&] { done.set_value(); });
  done.get_future().wait();
}

TEST(FairPool, ASequenceKeepsItsOrder) {
  std::vector<int> order;
  {
    FairPool pool({.threads = 4});
    const auto sequence = pool.sequence("a");
    std::promise<void> done;
    for (int i = 0; i < 1000; ++i) sequence([&order, i] { order.push_back(i); });
    sequence([] { throw std::runtime_error("goes on"); });
    sequence([&] { done.set_value(); });
    done.get_future().wait();
  }
  ASSERT_EQ(order.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

// Whichever allocation fails: what was taken runs once, in its order, and what was not, never.
TEST(FairPool, ALackOfMemoryStallsNoSequence) {
  for (int failing = 0; failing < 12; ++failing) {
    std::vector<int> order, taken;
    {
      FairPool pool({.threads = 2});
      const auto sequence = pool.sequence("somebody whose name is long enough to be allocated");
      for (int i = 0; i < 200; ++i) {
        FairPool::Work work = [&order, i, failing] {
          allocations_left = -1;
          order.push_back(i);
          if (i % 3 == 0) allocations_left = failing;  // of this worker, when it goes on
        };
        if (i % 7 == 0) allocations_left = failing;  // of this thread
        bool is_taken = true;
        try {
          sequence(std::move(work));
        } catch (const std::bad_alloc&) {
          is_taken = false;
        }
        allocations_left = -1;
        if (is_taken) taken.push_back(i);
      }
      std::promise<void> done;
      sequence([&] {
        allocations_left = -1;
        done.set_value();
      });
      done.get_future().wait();
      allocations_left = 0;  // stopping needs none
    }
    allocations_left = -1;
    EXPECT_EQ(order, taken) << failing;
    EXPECT_TRUE(failing > 0 || taken.size() < 200) << "nothing failed";
  }
}

TEST(FairPool, StopDropsWhatWaits) {
  std::atomic<int> ran = 0;
  FairPool pool({.threads = 1});
  {
    Gate gate(pool);
    for (int i = 0; i < 10; ++i) pool.post("a", [&] { ++ran; });
    std::thread stopping([&] { pool.stop(); });
    while (pool.waiting() > 0) std::this_thread::yield();
    EXPECT_FALSE(pool.offer("a", [] {}));
    gate.open();
    stopping.join();
  }
  EXPECT_EQ(ran, 0);
}

// Leaves address space for some stacks, and wants more.
[[noreturn]] void start_too_many() {
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t space = rlim_t(pages) * 4096 + (rlim_t(64) << 20);
  const rlimit limit{space, space};
  setrlimit(RLIMIT_AS, &limit);
  try {
    FairPool pool({.threads = 1000});
  } catch (const std::system_error&) {
    std::_Exit(7);
  }
  std::_Exit(0);
}

TEST(FairPool, ThreadsThatCannotBeStartedAreAnError) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "shadow memory takes terabytes of address space";
#endif
  EXPECT_EXIT(start_too_many(), testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace tutti
