// The runtime's own threads: each job is cut into equal shares, one a thread, always the same way.
// Whoever is awake takes the next share, so on a busy machine the caller does not wait for a worker
// that the system has yet to wake; it does that share itself.
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
  // 0: as many as cores.h says. The caller is one of them, and the only one where no thread can be
  // started.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return int(workers_.size()) + 1; }

  // Calls body(share, begin, end) for each of size() shares of [0, items), at most one call for a
  // share, and waits.
  // Allocates nothing. `body` must not throw or call run().
  template <class Body>
  void run(int items, const Body& body) {
    if (workers_.empty() || items < 2) {
      body(0, 0, items);
      return;
    }
    dispatch(items, &body, [](const void* context, int share, int begin, int end) {
      (*static_cast<const Body*>(context))(share, begin, end);
    });
  }

 private:
  using Call = void (*)(const void*, int share, int begin, int end);

  void dispatch(int items, const void* context, Call call);
  void work();
  void end_workers();
  // Runs the next share of the current job; false if none is left.
  bool take_share();

  int items_ = 0;
  const void* context_ = nullptr;
  Call call_ = nullptr;
  // Job number << 8 | shares taken. Taking one by compare-and-swap proves that the fields above
  // belong to this job, and they stay until its last share is done.
  std::atomic<uint32_t> ticket_;
  std::atomic<int> unfinished_{0};
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> workers_;
};

}  // namespace tutti
