// Model files that have changed are read again while the server answers.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/registry.h"
#include "serve/scheduler.h"

namespace tutti {

// On a thread of its own, so that nobody waits for it: neither signals nor the server's end. What
// it does is said on standard error; a file that cannot be used leaves the previous model in its
// place.
class ModelReloader {
 public:
  explicit ModelReloader(Registry& registry);
  // Ends the process where a file is still being read.
  ~ModelReloader();

  // Soon. Asked while files are read, it reads them once more after that.
  void ask(Scheduler& scheduler);
  // Leaves the scheduler alone from here on.
  void stop();

 private:
  void work();

  Registry& registry_;
  std::mutex mutex_;  // of what follows
  std::condition_variable asked_;
  Scheduler* scheduler_ = nullptr;  // whose models are to be read again
  bool reading_ = false, stopped_ = false;
  std::thread thread_;
};

}  // namespace tutti
