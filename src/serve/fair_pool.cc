#include "serve/fair_pool.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace tutti {

FairPool::FairPool(const Options& options)
    : options_([&] {
        Options whole = options;
        whole.threads = std::max(options.threads, 1);
        if (options.most_running_each <= 0) whole.most_running_each = whole.threads;
        return whole;
      }()) {
  try {
    for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { run(); });
  } catch (...) {  // of those that run, none may be left behind
    stop();
    throw;
  }
}

bool FairPool::offer(const std::string& owner, Work work) {
  const std::lock_guard lock(mutex_);
  if (stopped_ || waiting_ >= options_.most_waiting) return false;
  const auto found = owners_.find(owner);
  if (found != owners_.end() && found->second.work.size() >= options_.most_waiting_each)
    return false;
  add(owner, std::move(work));
  return true;
}

void FairPool::post(const std::string& owner, Work work) {
  const std::lock_guard lock(mutex_);
  if (!stopped_) add(owner, std::move(work));
}

void FairPool::add(const std::string& name, Work work) {
  const auto [place, is_new] = owners_.try_emplace(name);
  Owner& owner = place->second;
  owner.name = &place->first;
  owner.work.push_back(std::move(work));
  ++waiting_;
  line_up(owner);
}

void FairPool::line_up(Owner& owner) noexcept {
  if (owner.in_line || owner.work.empty() || owner.running >= options_.most_running_each) return;
  (last_ ? last_->next : first_) = &owner;
  last_ = &owner;
  owner.next = nullptr;
  owner.in_line = true;
  changed_.notify_one();
}

FairPool::Owner& FairPool::next_in_line() noexcept {
  Owner& owner = *first_;
  first_ = owner.next;
  if (!first_) last_ = nullptr;
  owner.in_line = false;
  return owner;
}

// Nothing here allocates, so that a lack of memory cannot end a thread.
void FairPool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopped_ || first_; });
    if (stopped_) return;
    Owner& owner = next_in_line();
    Work work = std::move(owner.work.front());
    owner.work.pop_front();
    --waiting_, ++running_, ++owner.running;
    line_up(owner);
    lock.unlock();
    try {
      work();
    } catch (...) {  // would end the process
    }
    work = nullptr;  // what it holds may end slowly, so without the lock
    lock.lock();
    --running_, --owner.running;
    line_up(owner);
    if (owner.work.empty() && owner.running == 0) owners_.erase(owners_.find(*owner.name));
  }
}

std::function<void(FairPool::Work)> FairPool::sequence(const std::string& owner) {
  struct Line {
    std::mutex mutex;
    std::deque<Work> work;  // the first one is running or posted
  };
  struct Runner {
    FairPool* pool;
    std::string owner;
    std::shared_ptr<Line> line;

    void post() const {
      pool->post(owner, [runner = *this] { runner.run_one(); });
    }
    void run_one() const {
      Work work;
      {
        const std::lock_guard lock(line->mutex);
        work = std::move(line->work.front());
      }
      try {
        work();
      } catch (...) {
      }
      const std::lock_guard lock(line->mutex);
      line->work.pop_front();
      if (!line->work.empty()) post();
    }
  };
  return [runner = Runner{this, owner, std::make_shared<Line>()}](Work work) {
    const std::lock_guard lock(runner.line->mutex);
    runner.line->work.push_back(std::move(work));
    if (runner.line->work.size() == 1) runner.post();
  };
}

void FairPool::stop() {
  std::map<std::string, Owner> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    // Running work still refers to its owner, so only the queues are emptied.
    for (auto& [name, owner] : owners_) {
      dropped[name].work = std::exchange(owner.work, {});
      owner.in_line = false;
    }
    first_ = last_ = nullptr;
    waiting_ = 0;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

size_t FairPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

size_t FairPool::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

}  // namespace tutti
