#include "serve/fair_pool.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "serve/shares.h"

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

bool FairPool::fits(const std::string& owner) const {
  const auto found = owners_.find(owner);
  const size_t own = found == owners_.end() ? 0 : found->second.offered;
  return own < options_.most_waiting_each && fits_share(own, offered_, options_.most_waiting);
}

bool FairPool::has_room(const std::string& owner) const {
  const std::lock_guard lock(mutex_);
  return fits(owner);
}

bool FairPool::offer(const std::string& owner, Work work) {
  const std::lock_guard lock(mutex_);
  if (stopped_ || !fits(owner)) return false;
  add(owner, {std::move(work), true});
  return true;
}

void FairPool::post(const std::string& owner, Work work) {
  const std::lock_guard lock(mutex_);
  if (!stopped_) add(owner, {std::move(work), false});
}

void FairPool::add(const std::string& name, Item item) {
  const bool offered = item.offered;
  const auto [place, is_new] = owners_.try_emplace(name);
  Owner& owner = place->second;
  try {
    owner.work.push_back(std::move(item));
  } catch (...) {
    if (is_new) owners_.erase(place);
    throw;
  }
  owner.name = &place->first;
  ++waiting_, owner.offered += offered, offered_ += offered;
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
    auto [work, offered] = std::move(owner.work.front());
    owner.work.pop_front();
    --waiting_, owner.offered -= offered, offered_ -= offered;
    ++running_, ++owner.running;
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

// What is to run one after another.
class FairPool::Line : public std::enable_shared_from_this<Line> {
 public:
  Line(FairPool& pool, std::string owner) : pool_(pool), owner_(std::move(owner)) {}

  void add(Work work) {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
    if (work_.size() > 1 || post()) return;
    work_.pop_back();
    throw std::bad_alloc();
  }

 private:
  bool post() noexcept {
    try {
      pool_.post(owner_, [self = shared_from_this()] { self->run(); });
      return true;
    } catch (...) {
      return false;
    }
  }

  // Goes on within this turn where there is no memory to ask for another.
  void run() noexcept {
    for (bool posted = false; !posted;) {
      std::unique_lock lock(mutex_);
      Work& first = work_.front();  // stays where it is while others come behind it
      lock.unlock();
      try {
        first();
      } catch (...) {
      }
      lock.lock();
      const Work done = std::move(first);  // ends without the lock
      work_.pop_front();
      posted = work_.empty() || post();
      lock.unlock();
    }
  }

  FairPool& pool_;
  const std::string owner_;
  std::mutex mutex_;
  std::deque<Work> work_;  // the first one is running or posted
};

std::function<void(FairPool::Work)> FairPool::sequence(const std::string& owner) {
  return [line = std::make_shared<Line>(*this, owner)](Work work) { line->add(std::move(work)); };
}

// Allocates nothing, since destructors call it.
void FairPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    first_ = last_ = nullptr;
    waiting_ = offered_ = 0;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
  std::map<std::string, Owner> dropped;  // what ends with its work may call this pool
  const std::lock_guard lock(mutex_);
  dropped.swap(owners_);
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
