#include "runtime/threads.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tutti {
namespace {

TEST(ThreadPool, EveryItemRunsOnceInFixedShares) {
  for (int threads : {1, 2, 3, 7}) {
    ThreadPool pool(threads);
    ASSERT_EQ(pool.size(), threads);
    for (int items : {0, 1, 2, 5, 64, 1000}) {
      std::vector<int> owner(items, -1), expected(items, -1);
      pool.run(items, [&](int thread, int begin, int end) {
        for (int i = begin; i < end; ++i) owner[i] = thread;
      });
      const auto again = [&](int thread, int begin, int end) {
        for (int i = begin; i < end; ++i) expected[i] = thread;
      };
      pool.run(items, again);
      EXPECT_EQ(owner, expected);
      for (int i = 0; i < items; ++i) EXPECT_GE(owner[i], 0);
    }
  }
}

TEST(ThreadPool, ManyShortJobsAndSleepsBetween) {
  ThreadPool pool(3);
  std::atomic<int64_t> sum = 0;
  for (int job = 0; job < 3000; ++job) {
    pool.run(10, [&](int, int begin, int end) {
      for (int i = begin; i < end; ++i) sum += i;
    });
    if (job % 1000 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(sum, 3000 * 45);
}

}  // namespace
}  // namespace tutti
