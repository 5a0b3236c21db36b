// What the tests of the scheduler share: a tiny random model, results that arrive, and a scheduler
// whose worker is held.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "helpers/test_model.h"
#include "serve/scheduler.h"

namespace tutti::scheduling {

inline Engine load() {
  static const std::string path = write_model("scheduler_test", tiny_config());
  Result<Engine> engine = Engine::load(path, {2});
  if (!engine) throw std::runtime_error(engine.error().message());
  return *std::move(engine);
}

// Where one request's result arrives. Declare it before the scheduler.
template <class T>
class Outcome {
 public:
  std::function<void(Result<T>)> done() {
    return [this](Result<T> result) {
      const std::lock_guard lock(mutex_);
      EXPECT_FALSE(result_) << "done came twice";
      result_ = std::move(result);
      arrived_.notify_all();
    };
  }
  const Result<T>& wait() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::seconds(60), [&] { return bool(result_); }))
      result_ = failed("nothing came");
    return *result_;
  }
  bool arrived() {
    const std::lock_guard lock(mutex_);
    return bool(result_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::optional<Result<T>> result_;
};

inline Picture noise_picture(int seed) {
  Rng rng(seed);
  Picture picture = make_picture(128, 128, 3);
  for (uint8_t& pixel : picture.pixels) pixel = uint8_t(rng.below(256));
  return picture;
}

inline Mel noise_mel(int frames) {
  Rng rng(3);
  Mel mel;
  for (int i = 0; i < frames * 80; ++i) mel.values.push_back(float(rng.normal()));
  return mel;
}

inline Prompt words() {
  return {Part::of_text("the quick fox")};
}

inline const TextOptions kTokens20{.max_tokens = 20, .temperature = 1.5f, .seed = 5};

// Holds a scheduler's workers in a listener until it is opened.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    entered_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void wait_for_entry() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return entered_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false, entered_ = false;
};

// One worker, held by a text's first piece: what comes then waits, for sure.
class HeldScheduler {
 public:
  explicit HeldScheduler(SchedulerOptions options)
      : scheduler(engine, [&] {
          options.threads = 1;
          return options;
        }()) {
    holder_ = *scheduler.text({Part::of_text("the quick fox")}, kTokens20,
                              {[this](const std::string&) {
                                 gate.wait();
                                 return true;
                               },
                               {}},
                              "holder");
    gate.wait_for_entry();
  }
  ~HeldScheduler() { gate.open(); }

  const Engine engine = load();
  Gate gate;
  Scheduler scheduler;

 private:
  Ticket holder_;
};

}  // namespace tutti::scheduling
