// The front door; what is behind it is in scheduler_state.cc.
#include "serve/scheduler.h"

#include <algorithm>
#include <cmath>

#include "serve/scheduler_state.h"

namespace tutti {

void Ticket::cancel() {
  if (cancelled_) *cancelled_ = true;
}

Ticket& Ticket::operator=(Ticket&& other) noexcept {
  if (this != &other) {
    cancel();
    cancelled_ = std::move(other.cancelled_);
  }
  return *this;
}

Scheduler::Scheduler(SchedulerOptions options) : state_(std::make_unique<State>(options)) {}

Scheduler::~Scheduler() {
  drain(0);
  state_->end_threads();
}

Result<Ticket> Scheduler::submit_any(std::unique_ptr<ModelRequest> request, End done,
                                     const std::string& owner) {
  TUTTI_CHECK(request->check());
  return state_->submit(std::make_unique<ScheduledJob>(std::move(request), std::move(done)), owner);
}

int Scheduler::retry_after() const {
  const std::lock_guard lock(state_->mutex);
  const double waiting = state_->stats_now().waiting;
  return int(std::clamp(std::ceil(state_->seconds_between_ends * waiting / 2), 1.0, 60.0));
}

void Scheduler::forget_models() {
  const auto gone = [&] {
    const std::lock_guard lock(state_->mutex);
    return state_->places.take_unused();
  }();
}

bool Scheduler::drain(double seconds) {
  std::unique_lock lock(state_->mutex);
  state_->draining = true;
  const auto idle = [&] { return state_->idle(); };
  const auto wait = std::chrono::duration<double>(std::min(seconds, 1e6));
  if (state_->job_ended.wait_for(lock, wait, idle)) return true;
  for (const auto& job : state_->jobs) *job->request->cancelled = true;
  state_->work_came.notify_all();
  state_->job_ended.wait(lock, idle);
  return false;
}

Scheduler::Stats Scheduler::stats() const {
  const std::lock_guard lock(state_->mutex);
  return state_->stats_now();
}

}  // namespace tutti
