// What is behind a Scheduler: its requests, and a worker for each core (or few cores).
//
// Caches are shared so that nobody waits for the end of another's long work: an owner holds three
// quarters of them at most, pictures (few of which move at a time) a half, and an eighth is kept
// for brief texts. What holds them otherwise keeps them to its end.
//
// A worker has a session of its own and one set of caches with the others. A request that is alone
// gets all threads for its steps; else every worker has its share of them and takes a step of
// another request: independent work is faster side by side than split. All texts that await their
// next token take it in one pass.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "serve/scheduled_job.h"

namespace tutti {

struct Scheduler::State {
  State(const Engine& engine, const SchedulerOptions& options);

  Result<Ticket> submit(std::unique_ptr<ScheduledJob> job, const std::string& owner);
  bool idle() const { return jobs.empty() && !ending; }
  Stats stats_now() const;

  // What one worker does with a turn.
  struct Turn {
    std::vector<ScheduledJob*> jobs;  // one, or all that take a token
    SteadyTime begun;
    bool decoding = false, wide = false;
  };
  struct Worker {
    std::unique_ptr<Session> session;
    DecodeBatch batch;
    Turn turn;
    std::vector<Candidate> candidates;  // scratch, as the rest
    std::vector<ScheduledJob*> candidate_jobs;
    std::vector<TextRequest*> requests;
    std::vector<bool> more;
    std::vector<std::optional<Error>> errors;
  };
  void work(Worker& worker);
  void end_threads();
  bool end_refused(std::unique_lock<std::mutex>& lock);
  bool choose(Worker& worker);
  void list_candidates(Worker& worker) const;
  std::optional<Error> no_place(const std::string& owner) const;
  bool may_start(const ScheduledJob& job) const;
  void start(ScheduledJob& job, SteadyTime now);
  void run(Worker& worker);
  void charge(const Turn& turn, SteadyTime now);
  void settle(Worker& worker, std::unique_lock<std::mutex>& lock);
  void end(ScheduledJob& job, const std::optional<Error>& error,
           std::unique_lock<std::mutex>& lock);
  void release(const ScheduledJob& job);
  void count(const ScheduledJob& job, const std::optional<Error>& error);

  const Engine& engine;
  const SchedulerOptions options;
  const LoadedModel& loaded;
  const int slots;
  Status broken;  // no memory for the caches
  std::unique_ptr<ThreadPool> all_threads;

  mutable std::mutex mutex;           // guards what follows
  std::condition_variable work_came;  // for workers
  std::condition_variable job_ended;  // for drain()
  std::vector<std::unique_ptr<ScheduledJob>>
      jobs;  // accepted and not ended, in the order of acceptance
  Owners owners;
  int waiting = 0;  // jobs that have not started
  std::vector<int> free_slots;
  int patient_slots = 0;  // that pictures hold
  SteadyTime last_patient{}, last_end{};
  int stepping = 0;         // workers
  int ending = 0;           // jobs taken from the list whose `done` is on its way
  bool explaining = false;  // all explanations have one session, the engine's
  bool decoding = false, wide = false, draining = false, stopping = false;
  double seconds_between_ends = 1;  // running mean while requests wait
  Stats stats;

  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
};

}  // namespace tutti
