// The runtime's own threads: each job is cut into equal ranges, one a thread, always the same way.
// Rejected: OpenMP (its idle threads spin, and libtorch brings a second copy); work stealing (rows
// of a product cost the same).
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace tutti {

// run() may be called by one thread at a time.
class ThreadPool {
 public:
  // 0: as many as the machine has cores. The caller is one of them.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return int(workers_.size()) + 1; }

  // Calls body(thread, begin, end) on every thread with its share of [0, items), and waits.
  // Allocates nothing. `body` must not throw or call run().
  template <class Body>
  void run(int items, const Body& body) {
    if (workers_.empty() || items < 2) {
      body(0, 0, items);
      return;
    }
    dispatch(items, &body, [](const void* context, int thread, int begin, int end) {
      (*static_cast<const Body*>(context))(thread, begin, end);
    });
  }

 private:
  using Call = void (*)(const void*, int thread, int begin, int end);

  void dispatch(int items, const void* context, Call call);
  void work(int thread);
  void run_share(int thread);

  int items_ = 0;
  const void* context_ = nullptr;
  Call call_ = nullptr;
  std::atomic<uint32_t> job_{0};
  std::atomic<int> unfinished_{0};
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> workers_;
};

}  // namespace tutti
