// What is behind a Scheduler: its requests, and a worker for each core (or few cores).
//
// Slots of the models' caches (model_places.h) are shared so that nobody waits for the end of
// another's long work: of all slots an owner holds three quarters at most, pictures (few of which
// move at a time) a half, and an eighth is kept for brief texts. What holds them otherwise keeps
// them to its end.
//
// A worker has a session of its own, which it enters for the model of each step. A request that is
// alone gets all threads for its steps; else every worker has its share of them and takes a step of
// another request: independent work is faster side by side than split. Texts that await their next
// token take it in one pass, all of one model. Other steps that may share a pass do where there are
// more of them than workers, up to what keeps the pass short.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "serve/scheduled_job.h"

namespace tutti {

struct Scheduler::State {
  explicit State(const SchedulerOptions& options);

  Result<Ticket> submit(std::unique_ptr<ScheduledJob> job, const std::string& owner);
  static double seconds(SteadyTime::duration d) { return std::chrono::duration<double>(d).count(); }
  bool idle() const { return jobs.empty() && !ending; }
  Stats stats_now() const;

  // What one worker does with a turn.
  struct Turn {
    std::vector<ScheduledJob*> jobs;  // one, or those that share a pass
    SteadyTime begun;
    bool wide = false;
    std::shared_ptr<SequenceCaches> caches;
    std::optional<SharingKey> gathers;  // whoever else has this key waits for the next pass
  };
  struct Worker {
    std::unique_ptr<Session> session;
    Turn turn;
    std::vector<Candidate> candidates;  // scratch, as the rest
    std::vector<ScheduledJob*> candidate_jobs;
    std::vector<ModelRequest*> requests;
    std::vector<Result<bool>> results;
    ModelPlaces::Caches freed;  // to be destroyed without the lock
    bool failed = false;        // the turn threw: the results do not hold
  };
  void work(Worker& worker) noexcept;
  void end_threads();
  bool end_refused(std::unique_lock<std::mutex>& lock);
  bool choose(Worker& worker);
  void list_candidates(Worker& worker) const;
  void gather(Turn& turn, const ScheduledJob& chosen);
  void join(Worker& worker, const ScheduledJob& chosen, SteadyTime now);
  std::optional<Error> no_place(const std::string& owner) const;
  bool may_start(const ScheduledJob& job) const;
  void start(Worker& worker, ScheduledJob& job, SteadyTime now);
  void run(Worker& worker);
  void charge(const Turn& turn, SteadyTime now);
  void settle(Worker& worker, std::unique_lock<std::mutex>& lock) noexcept;
  static std::optional<Error> why_ended(const Worker& worker, size_t i, SteadyTime now);
  void end(ScheduledJob& job, const std::optional<Error>& error,
           std::unique_lock<std::mutex>& lock);
  void release(const ScheduledJob& job);
  void count(const ScheduledJob& job, const std::optional<Error>& error);

  const SchedulerOptions options;
  const int slots;  // of all models
  std::unique_ptr<ThreadPool> all_threads;

  mutable std::mutex mutex;           // guards what follows
  std::condition_variable work_came;  // for workers
  std::condition_variable job_ended;  // for drain()
  std::vector<std::unique_ptr<ScheduledJob>>
      jobs;  // accepted and not ended, in the order of acceptance
  ModelPlaces places;
  Owners owners;
  int waiting = 0;  // jobs that have not started
  int free_slots = 0;
  int patient_slots = 0;  // that pictures hold
  int without_slots = 0;  // jobs that have started and hold none
  SteadyTime last_patient{}, last_end{};
  int stepping = 0;                   // workers
  int ending = 0;                     // jobs taken from the list whose `done` is on its way
  std::vector<SharingKey> gathering;  // of passes that run
  bool wide = false, draining = false, stopping = false;
  double seconds_between_ends = 1;  // running mean while requests wait
  Stats stats;

  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
};

}  // namespace tutti
