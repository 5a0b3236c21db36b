#include "runtime/threads.h"

#include <algorithm>
#include <exception>

#include "runtime/cores.h"

namespace tutti {
namespace {

// About 50 us: longer than threads wait for each other within a pass, whose shares differ by a
// block of rows, and than being woken takes; far shorter than the gap between requests.
constexpr int kSpins = 4000;
constexpr int kMostThreads = 255;  // shares are counted in eight bits

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
  if (threads <= 0) threads = default_threads();
  threads = std::clamp(threads, 1, kMostThreads);
  ticket_ = uint32_t(threads);  // job 0 has no share left
  workers_.reserve(threads - 1);
  for (int i = 1; i < threads; ++i) workers_.emplace_back();
  try {
    for (std::thread& worker : workers_) worker = std::thread([this] { work(); });
  } catch (const std::exception&) {  // no memory for them: one thread is slower, and enough
    end_workers();
    workers_.clear();
    stopping_ = false;
    ticket_ = 1;
  }
}

ThreadPool::~ThreadPool() {
  end_workers();
}

void ThreadPool::end_workers() {
  stopping_ = true;
  ticket_.fetch_add(256, std::memory_order_release);
  ticket_.notify_all();
  for (std::thread& worker : workers_)
    if (worker.joinable()) worker.join();
}

void ThreadPool::dispatch(int items, const void* context, Call call) {
  items_ = items;
  context_ = context;
  call_ = call;
  unfinished_.store(size(), std::memory_order_relaxed);
  const uint32_t job = ticket_.load(std::memory_order_relaxed) >> 8;
  ticket_.store((job + 1) << 8, std::memory_order_release);
  ticket_.notify_all();
  while (take_share()) {
  }
  for (int left; (left = unfinished_.load(std::memory_order_acquire)) > 0;)
    wait_while(unfinished_, left);
}

void ThreadPool::work() {
  while (!stopping_) {
    const uint32_t seen = ticket_.load(std::memory_order_acquire);
    if (!take_share() && !stopping_) wait_while(ticket_, seen);
  }
}

bool ThreadPool::take_share() {
  uint32_t ticket = ticket_.load(std::memory_order_acquire);
  do {
    if (int(ticket & 255) >= size()) return false;
  } while (!ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel,
                                          std::memory_order_acquire));
  const int64_t share = ticket & 255, items = items_, shares = size();
  const int begin = int(items * share / shares), end = int(items * (share + 1) / shares);
  if (begin < end) call_(context_, int(share), begin, end);
  if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished_.notify_one();
  return true;
}

}  // namespace tutti
