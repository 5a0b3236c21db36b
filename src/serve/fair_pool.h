// Threads for work of many owners. Turns go to the owners one after another, and within an owner to
// its work in the order in which it came: whoever sends a thousand things delays their own.
//
//   FairPool pool({.threads = 2});
//   if (!pool.offer(request.owner, [...] { ... })) return busy();
//
// Work of one kind belongs in one pool: what may take seconds never shares one with what takes
// microseconds. Thread-safe. What `work` throws is dropped, so it must catch what it wants
// answered.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tutti {

class FairPool {
 public:
  using Work = std::function<void()>;
  struct Options {
    int threads = 1;
    int most_running_each = 0;   // of one owner at a time; 0: as many as there are threads
    size_t most_waiting = 1024;  // of all owners
    size_t most_waiting_each = 512;
  };

  explicit FairPool(const Options& options);
  ~FairPool() { stop(); }
  FairPool(const FairPool&) = delete;
  FairPool& operator=(const FairPool&) = delete;

  // False where too much waits already; then nothing has happened.
  [[nodiscard]] bool offer(const std::string& owner, Work work);
  // For what goes on with something that was let in: never refused.
  void post(const std::string& owner, Work work);
  // As post(), but what goes through one sequence runs one after another.
  std::function<void(Work)> sequence(const std::string& owner);

  // Lets running work end and drops what waits; nothing is taken from then on.
  void stop();

  size_t waiting() const;
  size_t running() const;

 private:
  struct Owner {
    std::deque<Work> work;
    int running = 0;
    bool in_line = false;
    Owner* next = nullptr;  // in line
    const std::string* name = nullptr;
  };

  void add(const std::string& name, Work work);
  void line_up(Owner& owner) noexcept;
  Owner& next_in_line() noexcept;
  void run();

  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Owner> owners_;  // those with something waiting or running
  Owner* first_ = nullptr;               // of the line of those who may run something now
  Owner* last_ = nullptr;
  size_t waiting_ = 0, running_ = 0;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tutti
