#include "serve/scheduler_state.h"

#include <algorithm>

#include "runtime/cores.h"

namespace tutti {
namespace {

constexpr int kMostWorkers = 4;                       // on more cores each has several
constexpr std::chrono::milliseconds kFirstStep{100};  // from acceptance, of live requests

double seconds(SteadyTime::duration d) {
  return std::chrono::duration<double>(d).count();
}

}  // namespace

Scheduler::State::State(const Engine& engine, const SchedulerOptions& options)
    : engine(engine),
      options(options),
      loaded(engine.model()),
      slots(Session::kSequences * std::max(1, options.most_running)) {
  const int cores = options.threads > 0 ? options.threads : default_threads();
  const int count = std::min(cores, kMostWorkers);
  auto caches = SequenceCaches::create(loaded.config, loaded.cached(), slots);
  if (!caches) {
    broken = caches.error().with_context("making room for " + std::to_string(slots) + " sequences");
    return;
  }
  for (int slot = slots; slot-- > 0;) free_slots.push_back(slot);
  if (count > 1) all_threads = std::make_unique<ThreadPool>(cores);
  for (int i = 0; i < count; ++i) {
    workers.push_back(std::make_unique<Worker>());
    workers.back()->session = Session::create(loaded, cores / count, *caches);
  }
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

// Why one more job of that owner cannot be taken, if so.
std::optional<Error> Scheduler::State::no_place(const std::string& owner) const {
  if (draining) return Error(ErrorCode::busy, "the server is shutting down; try again later");
  const int most = options.most_waiting * (owners.is_waiting(owner) ? 1 : 2);
  if (waiting < most) return std::nullopt;
  return Error(ErrorCode::busy,
               std::to_string(waiting) + " requests wait already; try again later");
}

Result<Ticket> Scheduler::State::submit(std::unique_ptr<ScheduledJob> job,
                                        const std::string& owner) {
  TUTTI_CHECK(broken);
  const std::lock_guard lock(mutex);
  Stats::Kind& kind = stats.kinds[int(job->kind)];
  if (const auto refusal = no_place(owner)) {
    ++kind.rejected;
    return *refusal;
  }
  ++kind.accepted;
  job->owner = &owners.enter(owner);
  ++job->owner->waiting;
  ++waiting;
  job->accepted = std::chrono::steady_clock::now();
  job->due = job->accepted + kFirstStep;
  job->too_late = job->accepted + std::chrono::duration_cast<SteadyTime::duration>(
                                      std::chrono::duration<double>(options.most_seconds));
  Ticket ticket(job->control);
  jobs.push_back(std::move(job));
  work_came.notify_one();
  return ticket;
}

void Scheduler::State::work(Worker& worker) {
  std::unique_lock lock(mutex);
  for (;;) {
    if (end_refused(lock)) continue;
    if (!choose(worker)) {
      if (stopping && jobs.empty()) return;
      work_came.wait(lock);
      continue;
    }
    lock.unlock();
    run(worker);
    lock.lock();
    settle(worker, lock);
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

bool Scheduler::State::may_start(const ScheduledJob& job) const {
  const int wanted = job.slots_wanted;
  if (wanted == 0) return true;
  const auto share = [&](double part) { return std::max(Session::kSequences, int(slots * part)); };
  const int kept_free = job.brief() ? 0 : slots / 8;
  return int(free_slots.size()) - kept_free >= wanted && job.owner->slots + wanted <= share(0.75) &&
         (!job.patient() || patient_slots + wanted <= share(0.5));
}

// All that decode are one candidate, due when the first of them is.
void Scheduler::State::list_candidates(Worker& worker) const {
  auto& candidates = worker.candidates;
  auto& owners = worker.candidate_jobs;
  candidates.clear();
  owners.clear();
  std::optional<size_t> decoders;
  for (const auto& job : jobs) {
    if (job->state == ScheduledJob::State::stepping) continue;
    if (job->state == ScheduledJob::State::waiting && !may_start(*job)) continue;
    if (job->kind == JobKind::explain && explaining) continue;  // it would wait, and hold a worker
    const Candidate candidate{job->patient(), job->state == ScheduledJob::State::ready,
                              job->accepted, job->due, job->owner->served};
    if (job->decoding()) {
      if (decoding) continue;  // joins the next pass
      if (decoders) {
        Candidate& all = candidates[*decoders];
        all.due = std::min(all.due, job->due);
        all.served = std::min(all.served, job->owner->served);
        continue;
      }
      decoders = candidates.size();
    }
    candidates.push_back(candidate);
    owners.push_back(job.get());
  }
}

void Scheduler::State::start(ScheduledJob& job, SteadyTime now) {
  job.started = now;
  --waiting;
  --job.owner->waiting;
  job.owner->slots += job.slots_wanted;
  if (job.patient()) patient_slots += job.slots_wanted;
  for (int i = 0; i < job.slots_wanted; ++i) {
    job.slots[i] = free_slots.back();
    free_slots.pop_back();
  }
  job.set_slots(job.slots);
}

// Fills worker.turn; false if there is nothing to do.
bool Scheduler::State::choose(Worker& worker) {
  const auto now = std::chrono::steady_clock::now();
  list_candidates(worker);
  const auto best = next_turn(worker.candidates, now, last_patient);
  if (!best) return false;
  ScheduledJob* const chosen = worker.candidate_jobs[*best];
  Turn& turn = worker.turn;
  turn.jobs.clear();
  turn.decoding = chosen->decoding() != nullptr;
  if (turn.decoding) {
    for (const auto& job : jobs)
      if (job->state == ScheduledJob::State::ready && job->decoding())
        turn.jobs.push_back(job.get());
    decoding = true;
    ++stats.decode_passes;
    stats.decoded_tokens += turn.jobs.size();
  } else {
    turn.jobs.push_back(chosen);
    if (chosen->state == ScheduledJob::State::waiting) start(*chosen, now);
    if (chosen->patient()) last_patient = now;
    explaining = explaining || chosen->kind == JobKind::explain;
  }
  turn.wide = all_threads && !wide && stepping == 0 && worker.candidates.size() == 1;
  wide = wide || turn.wide;
  turn.begun = now;
  ++stepping;
  for (ScheduledJob* job : turn.jobs) job->state = ScheduledJob::State::stepping;
  if (worker.candidates.size() > 1) work_came.notify_one();
  return true;
}

void Scheduler::State::run(Worker& worker) {
  const Turn& turn = worker.turn;
  Session& session = *worker.session;
  session.use_threads(turn.wide ? *all_threads : session.threads);
  worker.more.assign(turn.jobs.size(), false);
  worker.errors.assign(turn.jobs.size(), std::nullopt);
  if (!turn.decoding) {
    const Result<bool> more = turn.jobs[0]->step(session);
    if (more)
      worker.more[0] = *more;
    else
      worker.errors[0] = more.error();
    return;
  }
  worker.requests.clear();
  for (ScheduledJob* job : turn.jobs) worker.requests.push_back(job->decoding());
  const Status status =
      TextRequest::step_together(session, worker.batch, worker.requests, worker.more);
  if (!status) worker.errors.assign(turn.jobs.size(), status.error());
}

// Owners pay for the time of a worker, those of a pass that they share in equal parts.
void Scheduler::State::charge(const Turn& turn, SteadyTime now) {
  const double workers_held = turn.wide ? double(workers.size()) : 1;
  const double each = seconds(now - turn.begun) * workers_held / double(turn.jobs.size());
  for (const ScheduledJob* job : turn.jobs) job->owner->served += each;
}

// Takes note of a turn, and ends the requests that it finished.
void Scheduler::State::settle(Worker& worker, std::unique_lock<std::mutex>& lock) {
  const Turn& turn = worker.turn;
  const auto now = std::chrono::steady_clock::now();
  --stepping;
  if (turn.decoding) decoding = false;
  if (turn.wide) wide = false;
  if (turn.jobs[0]->kind == JobKind::explain) explaining = false;
  charge(turn, now);
  // A patient step may take longer than the pause between two of them.
  if (turn.jobs[0]->patient()) last_patient = now;
  for (size_t i = 0; i < turn.jobs.size(); ++i) {
    ScheduledJob& job = *turn.jobs[i];
    if (!worker.more[i]) continue;
    job.state = ScheduledJob::State::ready;
    job.due = job.next_due(now);
  }
  for (size_t i = 0; i < turn.jobs.size(); ++i) {
    if (worker.more[i]) continue;
    ScheduledJob& job = *turn.jobs[i];
    // What a listener stopped has no result; what is late and complete has one.
    const auto& error = worker.errors[i];
    end(job, job.cancelled() && !error ? job.refusal(now) : error, lock);
  }
}

// What a job that ends held of what others want.
void Scheduler::State::release(const ScheduledJob& job) {
  for (const int slot : job.slots)
    if (slot >= 0) free_slots.push_back(slot);
  if (job.state == ScheduledJob::State::waiting) {
    --waiting;
    --job.owner->waiting;
  } else {
    job.owner->slots -= job.slots_wanted;
    if (job.patient()) patient_slots -= job.slots_wanted;
  }
  owners.leave(*job.owner);
}

// Unlocks while `done` runs. The job is gone afterwards.
void Scheduler::State::end(ScheduledJob& job, const std::optional<Error>& error,
                           std::unique_lock<std::mutex>& lock) {
  const auto place = std::find_if(jobs.begin(), jobs.end(),
                                  [&](const auto& other) { return other.get() == &job; });
  std::unique_ptr<ScheduledJob> ended = std::move(*place);
  jobs.erase(place);
  count(*ended, error);
  release(*ended);
  ++ending;
  lock.unlock();
  ended->end(error);
  ended.reset();  // its events may own much
  lock.lock();
  --ending;
  job_ended.notify_all();
}

void Scheduler::State::count(const ScheduledJob& job, const std::optional<Error>& error) {
  const auto now = std::chrono::steady_clock::now();
  Stats::Kind& kind = stats.kinds[int(job.kind)];
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
