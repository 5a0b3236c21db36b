// Scheduler::State: a worker's turn, from its choice to what comes of it.
#include <algorithm>

#include "base/guard.h"
#include "serve/scheduler_state.h"
#include "serve/shares.h"

namespace tutti {
namespace {

constexpr int kMostRows = 256;  // of a pass that steps share

// Short enough to take no memory itself.
Error no_memory() {
  return {ErrorCode::no_memory, "out of memory"};
}

}  // namespace

bool Scheduler::State::may_start(const ScheduledJob& job) const {
  const RequestTraits& traits = job.traits();
  const int wanted = traits.slots;
  if (wanted == 0)
    return traits.brief || fits_share(size_t(job.owner->without_slots), size_t(without_slots),
                                      size_t(std::max(1, options.most_running)));
  const auto share = [&](double part) { return std::max(Session::kSequences, int(slots * part)); };
  const int kept_free = traits.brief ? 0 : slots / 8;
  return free_slots - kept_free >= wanted && job.owner->slots + wanted <= share(0.75) &&
         (!traits.patient || patient_slots + wanted <= share(0.5));
}

// All that gather for one pass are one candidate, due when the first of them is.
void Scheduler::State::list_candidates(Worker& worker) const {
  auto& candidates = worker.candidates;
  auto& chosen = worker.candidate_jobs;
  candidates.clear();
  chosen.clear();
  for (const auto& job : jobs) {
    if (job->state == ScheduledJob::State::stepping) continue;
    if (job->state == ScheduledJob::State::waiting && !may_start(*job)) continue;
    const Candidate candidate{job->traits().patient, job->state == ScheduledJob::State::ready,
                              job->accepted, job->due, job->owner->served};
    if (job->request->sharing().gathers) {
      const SharingKey key = job->sharing_key();
      if (std::find(gathering.begin(), gathering.end(), key) != gathering.end())
        continue;  // joins the next pass
      const auto first = std::find_if(chosen.begin(), chosen.end(), [&](const ScheduledJob* other) {
        return other->request->sharing().gathers && other->sharing_key() == key;
      });
      if (first != chosen.end()) {
        Candidate& all = candidates[size_t(first - chosen.begin())];
        all.due = std::min(all.due, job->due);
        all.served = std::min(all.served, job->owner->served);
        continue;
      }
    }
    candidates.push_back(candidate);
    chosen.push_back(job.get());
  }
}

void Scheduler::State::start(Worker& worker, ScheduledJob& job, SteadyTime now) {
  const int wanted = job.traits().slots;
  job.started = now;
  --waiting;
  --job.owner->waiting;
  job.owner->slots += wanted;
  job.owner->without_slots += wanted == 0;
  without_slots += wanted == 0;
  if (job.traits().patient) patient_slots += wanted;
  if (wanted == 0) return;
  free_slots -= wanted;
  ModelPlace& place = *job.place;
  for (int i = 0; i < wanted; ++i) job.slots[i] = place.take_slot();
  job.request->slots = job.slots;
  places.touch(place, worker.freed);
}

// Whoever else has the chosen one's key and is ready.
void Scheduler::State::gather(Turn& turn, const ScheduledJob& chosen) {
  const SharingKey key = chosen.sharing_key();
  for (const auto& job : jobs)
    if (job.get() != &chosen && job->state == ScheduledJob::State::ready &&
        job->request->sharing().gathers && job->sharing_key() == key)
      turn.jobs.push_back(job.get());
  turn.gathers = key;
  gathering.push_back(key);
  ++stats.decode_passes;
  stats.decoded_tokens += turn.jobs.size();
}

// A worker's part of those that may share the chosen one's pass, as long as that stays short.
void Scheduler::State::join(Worker& worker, const ScheduledJob& chosen, SteadyTime now) {
  const SharingKey key = chosen.sharing_key();
  const auto& candidates = worker.candidate_jobs;
  const auto shares = [&](const ScheduledJob* job) { return job->sharing_key() == key; };
  const size_t all = size_t(std::count_if(candidates.begin(), candidates.end(), shares));
  const size_t most = (all + workers.size() - 1) / workers.size();
  std::vector<ScheduledJob*>& joined = worker.turn.jobs;
  int rows = chosen.request->sharing().rows;
  for (ScheduledJob* job : candidates) {
    if (joined.size() >= most) break;
    if (job == &chosen || !shares(job)) continue;
    const bool waits = job->state == ScheduledJob::State::waiting;
    const int more = job->request->sharing().rows;
    if (rows + more > kMostRows || (waits && !may_start(*job))) continue;
    rows += more;
    joined.push_back(job);
    if (waits) start(worker, *job, now);
  }
  ++stats.shared_passes;
  stats.shared_steps += joined.size();
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
  worker.freed.reserve(places.size());
  turn.jobs.reserve(jobs.size());  // from here on nothing takes memory
  turn.gathers.reset();
  turn.jobs.push_back(chosen);
  if (chosen->state == ScheduledJob::State::waiting) start(worker, *chosen, now);
  if (const Sharing sharing = chosen->request->sharing(); sharing.gathers)
    gather(turn, *chosen);
  else if (sharing.key)
    join(worker, *chosen, now);
  if (chosen->traits().patient) last_patient = now;
  turn.caches = chosen->place->caches;
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
  ModelRequest& first = *turn.jobs[0]->request;
  Session& session = *worker.session;
  session.use_threads(turn.wide ? *all_threads : session.threads);
  session.enter(first.model(), turn.caches);
  worker.results.assign(turn.jobs.size(), Result<bool>(false));
  if (turn.jobs.size() == 1) {
    worker.results[0] = first.step(session);
    return;
  }
  worker.requests.clear();
  for (ScheduledJob* job : turn.jobs) worker.requests.push_back(job->request.get());
  first.step_together(session, worker.requests, worker.results);
}

// Owners pay for the time of a worker, those of a pass that they share in equal parts.
void Scheduler::State::charge(const Turn& turn, SteadyTime now) {
  const double workers_held = turn.wide ? double(workers.size()) : 1;
  const double each = seconds(now - turn.begun) * workers_held / double(turn.jobs.size());
  for (const ScheduledJob* job : turn.jobs) job->owner->served += each;
}

// Takes note of a turn, and ends the requests that it finished.
void Scheduler::State::settle(Worker& worker, std::unique_lock<std::mutex>& lock) noexcept {
  Turn& turn = worker.turn;
  const auto now = std::chrono::steady_clock::now();
  --stepping;
  if (turn.gathers) std::erase(gathering, *turn.gathers);
  if (turn.wide) wide = false;
  worker.session->leave();
  turn.caches.reset();
  charge(turn, now);
  // A patient step may take longer than the pause between two of them.
  if (turn.jobs[0]->traits().patient) last_patient = now;
  const auto goes_on = [&](size_t i) {
    return !worker.failed && worker.results[i] && *worker.results[i];
  };
  for (size_t i = 0; i < turn.jobs.size(); ++i) {
    ScheduledJob& job = *turn.jobs[i];
    if (!goes_on(i)) continue;
    job.state = ScheduledJob::State::ready;
    job.due = job.request->due(job.accepted, now);
  }
  for (size_t i = 0; i < turn.jobs.size(); ++i) {
    if (goes_on(i)) continue;
    ScheduledJob& job = *turn.jobs[i];
    std::optional<Error> error = no_memory();
    survives([&] { error = why_ended(worker, i, now); });
    end(job, error, lock);
  }
}

// What a listener stopped has no result; what is late and complete has one.
std::optional<Error> Scheduler::State::why_ended(const Worker& worker, size_t i, SteadyTime now) {
  if (worker.failed) return no_memory();
  const ScheduledJob& job = *worker.turn.jobs[i];
  if (!worker.results[i]) return worker.results[i].error();
  return job.cancelled() ? job.refusal(now) : std::nullopt;
}

}  // namespace tutti
