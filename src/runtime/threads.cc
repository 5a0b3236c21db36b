#include "runtime/threads.h"

#include <algorithm>

namespace tutti {
namespace {

// About 10 us: longer than the gap between two kernels of a pass, far shorter than one between
// requests.
constexpr int kSpins = 400;
constexpr int kMostThreads = 256;

void pause_core() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Returns once `value` is not `old`: spins shortly, then sleeps.
template <class T>
void wait_while(const std::atomic<T>& value, T old) {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (value.load(std::memory_order_acquire) != old) return;
    pause_core();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  if (threads <= 0) threads = int(std::thread::hardware_concurrency());
  threads = std::clamp(threads, 1, kMostThreads);
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
}

ThreadPool::~ThreadPool() {
  stopping_ = true;
  job_.fetch_add(1, std::memory_order_release);
  job_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::dispatch(int items, const void* context, Call call) {
  items_ = items;
  context_ = context;
  call_ = call;
  unfinished_.store(int(workers_.size()), std::memory_order_relaxed);
  job_.fetch_add(1, std::memory_order_release);
  job_.notify_all();
  run_share(0);
  for (int left; (left = unfinished_.load(std::memory_order_acquire)) > 0;)
    wait_while(unfinished_, left);
}

void ThreadPool::work(int thread) {
  for (uint32_t seen = 0;;) {
    wait_while(job_, seen);
    ++seen;
    if (stopping_) return;
    run_share(thread);
    if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished_.notify_one();
  }
}

void ThreadPool::run_share(int thread) {
  const int64_t items = items_, threads = size();
  const int begin = int(items * thread / threads), end = int(items * (thread + 1) / threads);
  if (begin < end) call_(context_, thread, begin, end);
}

}  // namespace tutti
