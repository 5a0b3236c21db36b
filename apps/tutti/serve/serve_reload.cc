#include "serve_reload.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/guard.h"
#include "base/printable.h"

namespace tutti {
namespace {

void reload(Registry& registry) {
  int changed = 0;
  for (const Registry::Card& card : registry.list()) {
    if (!card.alias_of.empty() || !card.adapter_of.empty()) continue;
    const Result<bool> swapped = registry.reload(card.name);
    if (!swapped)
      std::fprintf(stderr, "tutti: %s stays the model that it was: %s\n", card.name.c_str(),
                   printable(swapped.error().message()).c_str());
    else if (*swapped)
      std::fprintf(stderr, "tutti: %s is the new model now\n", card.name.c_str());
    changed += !swapped || *swapped;
  }
  if (changed == 0) std::fprintf(stderr, "tutti: no model file has changed\n");
}

}  // namespace

ModelReloader::ModelReloader(Registry& registry)
    : registry_(registry), thread_([this] { work(); }) {}

ModelReloader::~ModelReloader() {
  stop();
  {
    const std::lock_guard lock(mutex_);
    if (reading_) std::_Exit(0);  // whatever it reads is nobody's any more
  }
  thread_.join();
}

void ModelReloader::ask(Scheduler& scheduler) {
  const std::lock_guard lock(mutex_);
  scheduler_ = &scheduler;
  asked_.notify_one();
}

void ModelReloader::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  asked_.notify_one();
}

void ModelReloader::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    asked_.wait(lock, [&] { return stopped_ || scheduler_; });
    if (stopped_) return;
    Scheduler& scheduler = *std::exchange(scheduler_, nullptr);
    reading_ = true;
    lock.unlock();
    if (!survives([&] { reload(registry_); })) std::fprintf(stderr, "tutti: out of memory\n");
    lock.lock();
    reading_ = false;
    if (!stopped_) scheduler.forget_models();
  }
}

}  // namespace tutti
