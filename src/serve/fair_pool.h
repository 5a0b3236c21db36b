// Threads for work of many owners. Turns go to the owners one after another, and within an owner to
// its work in the order in which it came: whoever sends a thousand things delays their own.
//
//   FairPool pool({.threads = 2});
//   if (!pool.offer(request.owner, [...] { ... })) return busy();
//
// What is offered has places that owners share (shares.h); what is posted takes none of them.
//
// Work of one kind belongs in one pool: what may take seconds never shares one with what takes
// microseconds. Thread-safe. What `work` throws is dropped, so it must catch what it wants
// answered.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
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
    size_t most_waiting = 1024;  // of what is offered; of one owner half at most
    size_t most_waiting_each = SIZE_MAX;
  };

  explicit FairPool(const Options& options);
  ~FairPool() { stop(); }
  FairPool(const FairPool&) = delete;
  FairPool& operator=(const FairPool&) = delete;

  // False where too much waits already, of this owner or of all; then nothing has happened.
  [[nodiscard]] bool offer(const std::string& owner, Work work);
  bool has_room(const std::string& owner) const;  // offer() would take something now
  // For what goes on with something that was let in: never refused. All that it throws is
  // std::bad_alloc; then nothing has happened.
  void post(const std::string& owner, Work work);
  // As post(), but what goes through one sequence runs one after another, all of it, though memory
  // be short; then within one turn.
  std::function<void(Work)> sequence(const std::string& owner);

  // Lets running work end and drops what waits; nothing is taken from then on.
  void stop();

  size_t waiting() const;
  size_t running() const;

 private:
  class Line;
  struct Item {
    Work work;
    bool offered;
  };
  struct Owner {
    std::deque<Item> work;
    size_t offered = 0;  // of what waits
    int running = 0;
    bool in_line = false;
    Owner* next = nullptr;  // in line
    const std::string* name = nullptr;
  };

  bool fits(const std::string& owner) const;
  void add(const std::string& name, Item item);
  void line_up(Owner& owner) noexcept;
  Owner& next_in_line() noexcept;
  void run();

  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Owner> owners_;  // those with something waiting or running
  Owner* first_ = nullptr;               // of the line of those who may run something now
  Owner* last_ = nullptr;
  size_t waiting_ = 0, offered_ = 0, running_ = 0;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tutti
