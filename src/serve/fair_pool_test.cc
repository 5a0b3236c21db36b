#include "serve/fair_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <future>
#include <stdexcept>
#include <system_error>

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

TEST(FairPool, QueuesAreBounded) {
  FairPool pool({.threads = 1, .most_waiting = 5, .most_waiting_each = 3});
  Gate gate(pool);
  int taken = 0;
  for (int i = 0; i < 10; ++i) taken += pool.offer("a", [] {});
  EXPECT_EQ(taken, 3) << "of one owner";
  for (int i = 0; i < 10; ++i) taken += pool.offer("b" + std::to_string(i), [] {});
  EXPECT_EQ(taken, 5) << "of all";
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
