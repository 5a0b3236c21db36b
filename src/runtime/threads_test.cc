#include "runtime/threads.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>

#include "runtime/cores.h"

namespace tutti {
namespace {

TEST(ThreadPool, EveryItemRunsOnceInFixedShares) {
  for (int threads : {1, 2, 3, 7}) {
    ThreadPool pool(threads);
    ASSERT_EQ(pool.size(), threads);
    for (int items : {0, 1, 2, 5, 64, 1000}) {
      std::vector<int> first(items, -1), second(items, -1);
      for (std::vector<int>* owner : {&first, &second}) {
        std::vector<std::atomic<int>> runs(items);
        pool.run(items, [&](int thread, int begin, int end) {
          for (int i = begin; i < end; ++i) {
            ++runs[i];
            (*owner)[i] = thread;
          }
        });
        for (int i = 0; i < items; ++i)
          ASSERT_EQ(runs[i].load(), 1) << "item " << i << " of " << items;
      }
      EXPECT_EQ(first, second);
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

double processor_seconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return double(t.tv_sec) + 1e-6 * double(t.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Four threads that spun would take up to four times the time that passes; the spin after a job is
// some 10 us.
TEST(ThreadPool, AnIdlePoolTakesNoProcessorTime) {
  ThreadPool pool(4);
  std::atomic<int> sum = 0;
  pool.run(4, [&](int, int begin, int end) { sum += end - begin; });
  const double before = processor_seconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_LT(processor_seconds() - before, 0.03);
  pool.run(4, [&](int, int begin, int end) { sum += end - begin; });  // and still wakes up
  EXPECT_EQ(sum, 8);
}

TEST(ThreadPool, ByDefaultItHasAThreadACore) {
  EXPECT_EQ(ThreadPool(0).size(), std::min(default_threads(), 255));
}

}  // namespace
}  // namespace tutti
