#include "serve/scheduler_state.h"

#include <algorithm>

#include "base/guard.h"
#include "runtime/cores.h"
#include "serve/shares.h"

namespace tutti {
namespace {

constexpr int kMostWorkers = 4;                       // on more cores each has several
constexpr std::chrono::milliseconds kFirstStep{100};  // from acceptance, of live requests
constexpr int kOfOneRequest = 4;                      // jobs: texts, or pictures, for n
constexpr std::chrono::milliseconds kBreath{10};      // after which there may be memory again

}  // namespace

Scheduler::State::State(const SchedulerOptions& options)
    : options(options),
      slots(Session::kSequences * std::max(1, options.most_running)),
      places(slots) {
  free_slots = slots;
  const int cores = options.threads > 0 ? options.threads : default_threads();
  const int count = std::min(cores, kMostWorkers);
  if (count > 1) all_threads = std::make_unique<ThreadPool>(cores);
  for (int i = 0; i < count; ++i) {
    workers.push_back(std::make_unique<Worker>());
    workers.back()->session = std::make_unique<Session>(cores / count);
  }
  gathering.reserve(workers.size());
  try {
    for (auto& worker : workers) threads.emplace_back([this, &worker] { work(*worker); });
  } catch (...) {  // of those that run, none may be left behind
    end_threads();
    throw;
  }
}

void Scheduler::State::end_threads() {
  {
    const std::lock_guard lock(mutex);
    stopping = true;
    work_came.notify_all();
  }
  for (std::thread& thread : threads) thread.join();
}

// Why one more job of that owner cannot be taken, if so. Beyond what may wait there is half as much
// for whole requests of those who have few waiting, and half as much for those who have none.
std::optional<Error> Scheduler::State::no_place(const std::string& owner) const {
  if (draining) return Error(ErrorCode::busy, "the server is shutting down; try again later");
  const int own = owners.waiting(owner), beyond = own == 0 ? 2 : own < kOfOneRequest ? 1 : 0;
  const int most = options.most_waiting + options.most_waiting * beyond / 2;
  if (waiting < most) return std::nullopt;
  return Error(ErrorCode::busy,
               std::to_string(waiting) + " requests wait already; try again later");
}

Result<Ticket> Scheduler::State::submit(std::unique_ptr<ScheduledJob> job,
                                        const std::string& owner) {
  const std::lock_guard lock(mutex);
  Stats::Kind& kind = stats.kinds[job->traits().name];
  if (const auto refusal = no_place(owner)) {
    ++kind.rejected;
    return *refusal;
  }
  TUTTI_ASSIGN(job->place, places.of(job->request->model(), job->traits().slots > 0));
  jobs.emplace_back();  // its place, before anything counts
  if (!survives([&] { job->owner = &owners.enter(owner); })) {
    jobs.pop_back();
    throw std::bad_alloc();
  }
  ++kind.accepted;
  ++job->owner->waiting;
  ++job->place->jobs;
  ++waiting;
  job->accepted = std::chrono::steady_clock::now();
  job->due = job->accepted + kFirstStep;
  job->too_late = job->accepted + std::chrono::duration_cast<SteadyTime::duration>(
                                      std::chrono::duration<double>(options.most_seconds));
  Ticket ticket(job->request->cancelled);
  jobs.back() = std::move(job);
  work_came.notify_one();
  return ticket;
}

// For want of memory a turn may fail, which ends its requests; nothing ends the thread.
void Scheduler::State::work(Worker& worker) noexcept {
  std::unique_lock lock(mutex);
  for (;;) {
    bool ended = false, chosen = false;
    const bool looked = survives([&] {
      ended = end_refused(lock);
      chosen = !ended && choose(worker);
    });
    if (!looked) {
      work_came.wait_for(lock, kBreath);
    } else if (chosen) {
      lock.unlock();
      worker.freed.clear();
      worker.failed = !survives([&] { run(worker); });
      lock.lock();
      settle(worker, lock);
    } else if (!ended) {
      if (stopping && jobs.empty()) return;
      work_came.wait(lock);
    }
  }
}

// Ends one request that must not go on; false if there is none.
bool Scheduler::State::end_refused(std::unique_lock<std::mutex>& lock) {
  const auto now = std::chrono::steady_clock::now();
  for (const auto& job : jobs) {
    if (job->state == ScheduledJob::State::stepping) continue;
    if (const auto refusal = job->refusal(now)) {
      end(*job, refusal, lock);
      return true;
    }
  }
  return false;
}

// What a job that ends held of what others want.
void Scheduler::State::release(const ScheduledJob& job) {
  for (const int slot : job.slots)
    if (slot >= 0) {
      job.place->free_slots.push_back(slot);
      ++free_slots;
    }
  const int held = job.traits().slots;
  if (job.state == ScheduledJob::State::waiting) {
    --waiting;
    --job.owner->waiting;
  } else {
    job.owner->slots -= held;
    job.owner->without_slots -= held == 0;
    without_slots -= held == 0;
    if (job.traits().patient) patient_slots -= held;
  }
  owners.leave(*job.owner);
}

// Unlocks while `done` runs. The job is gone afterwards.
void Scheduler::State::end(ScheduledJob& job, const std::optional<Error>& error,
                           std::unique_lock<std::mutex>& lock) {
  const auto position = std::find_if(jobs.begin(), jobs.end(),
                                     [&](const auto& other) { return other.get() == &job; });
  std::unique_ptr<ScheduledJob> ended = std::move(*position);
  jobs.erase(position);
  count(*ended, error);
  release(*ended);
  ModelPlace& place = *ended->place;
  ++ending;
  lock.unlock();
  survives([&] { ended->done(error); });
  ended.reset();  // its listeners may own much, and it may have been its model's last
  lock.lock();
  --place.jobs;
  ModelPlaces::Map unused = places.take_unused();
  if (!unused.empty()) {
    lock.unlock();
    unused.clear();
    lock.lock();
  }
  --ending;
  job_ended.notify_all();
}

void Scheduler::State::count(const ScheduledJob& job, const std::optional<Error>& error) {
  const auto now = std::chrono::steady_clock::now();
  Stats::Kind& kind = stats.kinds.find(job.traits().name)->second;
  const bool started = job.state != ScheduledJob::State::waiting;
  kind.wait_seconds += seconds((started ? job.started : now) - job.accepted);
  if (started) kind.run_seconds += seconds(now - job.started);
  if (!error)
    ++kind.finished;
  else if (error->code() == ErrorCode::cancelled)
    ++kind.cancelled;
  else if (error->code() == ErrorCode::timed_out)
    ++kind.timed_out;
  else
    ++kind.failed;
  if (last_end != SteadyTime() && seconds(now - last_end) < 10)
    seconds_between_ends += 0.1 * (seconds(now - last_end) - seconds_between_ends);
  last_end = now;
}

Scheduler::Stats Scheduler::State::stats_now() const {
  Stats now = stats;
  for (const auto& job : jobs)
    ++(job->state == ScheduledJob::State::waiting ? now.waiting : now.running);
  return now;
}

}  // namespace tutti
