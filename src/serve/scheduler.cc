// One request after another, in the order of their arrival.
#include "serve/scheduler.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace tutti {

using Clock = std::chrono::steady_clock;

struct Ticket::Control {
  std::atomic<bool> cancelled{false};
};

void Ticket::cancel() {
  if (control_) control_->cancelled = true;
}

Ticket& Ticket::operator=(Ticket&& other) noexcept {
  if (this != &other) {
    cancel();
    control_ = std::move(other.control_);
  }
  return *this;
}

namespace {

struct Job {
  JobKind kind;
  std::shared_ptr<Ticket::Control> control;
  Clock::time_point accepted, deadline;
  // Runs the request, or where `refusal` is given only says so; returns what became of it.
  std::function<Status(const Job&, const std::optional<Error>& refusal)> run;

  // Why it must not go on, if so.
  std::optional<Error> refusal() const {
    if (control->cancelled) return Error(ErrorCode::cancelled, "the request was cancelled");
    if (Clock::now() > deadline)
      return Error(ErrorCode::timed_out, "the request took longer than it may; ask for less");
    return std::nullopt;
  }
};

template <class T>
Status status_of(const Result<T>& result) {
  return result ? Status() : Status(result.error());
}

}  // namespace

struct Scheduler::State {
  State(const Engine& engine, SchedulerOptions options) : engine(engine), options(options) {}

  template <class T, class Work>
  Result<Ticket> submit(JobKind kind, std::function<void(Result<T>)> done, Work work);
  void work();
  void finish(const Job& job, const Status& status, Clock::time_point started);

  const Engine& engine;
  const SchedulerOptions options;
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> waiting;
  std::shared_ptr<Ticket::Control> running;
  bool draining = false, stopping = false;
  Stats stats;
  std::thread worker;
};

// work(job) -> Result<T>; it looks at job.refusal() as often as it can.
template <class T, class Work>
Result<Ticket> Scheduler::State::submit(JobKind kind, std::function<void(Result<T>)> done,
                                        Work work) {
  auto control = std::make_shared<Ticket::Control>();
  Job job{kind, control, Clock::now(), {}, {}};
  job.deadline = job.accepted + std::chrono::duration_cast<Clock::duration>(
                                    std::chrono::duration<double>(options.most_seconds));
  job.run = [done = std::move(done), work = std::move(work)](
                const Job& self, const std::optional<Error>& refusal) -> Status {
    Result<T> result = refusal ? Result<T>(*refusal) : work(self);
    if (const auto late = self.refusal(); late && !refusal) result = *late;
    const Status status = status_of(result);
    done(std::move(result));
    return status;
  };
  const std::lock_guard lock(mutex);
  Stats::Kind& count = stats.kinds[int(kind)];
  if (draining || int(waiting.size()) >= options.most_waiting) {
    ++count.rejected;
    return Error(ErrorCode::busy, draining ? "the server is shutting down; try again later"
                                           : std::to_string(waiting.size()) +
                                                 " requests wait already; try again later");
  }
  ++count.accepted;
  waiting.push_back(std::move(job));
  changed.notify_all();
  return Ticket(std::move(control));
}

void Scheduler::State::work() {
  for (;;) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return stopping || !waiting.empty(); });
    if (waiting.empty()) return;
    const Job job = std::move(waiting.front());
    waiting.pop_front();
    running = job.control;
    lock.unlock();
    const auto started = Clock::now();
    const Status status = job.run(job, job.refusal());
    finish(job, status, started);
  }
}

void Scheduler::State::finish(const Job& job, const Status& status, Clock::time_point started) {
  const auto seconds = [](Clock::duration d) { return std::chrono::duration<double>(d).count(); };
  const std::lock_guard lock(mutex);
  Stats::Kind& count = stats.kinds[int(job.kind)];
  count.wait_seconds += seconds(started - job.accepted);
  count.run_seconds += seconds(Clock::now() - started);
  if (status)
    ++count.finished;
  else if (status.error().code() == ErrorCode::cancelled)
    ++count.cancelled;
  else if (status.error().code() == ErrorCode::timed_out)
    ++count.timed_out;
  else
    ++count.failed;
  running.reset();
  changed.notify_all();
}

Scheduler::Scheduler(const Engine& engine, SchedulerOptions options)
    : state_(std::make_unique<State>(engine, options)) {
  state_->worker = std::thread([this] { state_->work(); });
}

Scheduler::~Scheduler() {
  drain(0);
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->changed.notify_all();
  }
  state_->worker.join();
}

Result<Ticket> Scheduler::text(Prompt prompt, TextOptions options, TextEvents events) {
  return state_->submit<TextResult>(
      JobKind::text, events.done,
      [this, prompt = std::move(prompt), options, on_text = events.on_text](const Job& job) {
        TextOptions heard = options;
        heard.on_text = [&](const std::string& piece) {
          if (job.refusal()) return false;
          if (on_text) on_text(piece);
          return true;
        };
        return state_->engine.describe(prompt, heard);
      });
}

Result<Ticket> Scheduler::paint(Prompt prompt, PaintOptions options, PaintEvents events) {
  return state_->submit<Picture>(JobKind::paint, events.done,
                                 [this, prompt = std::move(prompt), options](const Job&) {
                                   return state_->engine.paint(prompt, options);
                                 });
}

Result<Ticket> Scheduler::speak(std::string text, SpeakOptions options, SpeakEvents events) {
  return state_->submit<SpeakResult>(
      JobKind::speak, events.done,
      [this, text = std::move(text), options, on_audio = events.on_audio](const Job& job) {
        SpeakOptions heard = options;
        heard.on_audio = [&](const std::vector<float>& samples) {
          if (job.refusal()) return false;
          if (on_audio) on_audio(samples);
          return true;
        };
        return state_->engine.speak(text, heard);
      });
}

Result<Ticket> Scheduler::transcribe(Mel mel, TranscribeEvents events) {
  return state_->submit<std::string>(
      JobKind::transcribe, events.done,
      [this, mel = std::move(mel)](const Job&) { return state_->engine.transcribe(mel); });
}

Result<Ticket> Scheduler::embed(Part part, EmbedEvents events) {
  return state_->submit<std::vector<float>>(
      JobKind::embed, events.done,
      [this, part = std::move(part)](const Job&) { return state_->engine.embed(part); });
}

Result<Ticket> Scheduler::explain(Prompt prompt, TextOptions options, ExplainEvents events) {
  return state_->submit<AttentionShare>(JobKind::explain, events.done,
                                        [this, prompt = std::move(prompt), options](const Job&) {
                                          return state_->engine.explain(prompt, options);
                                        });
}

int Scheduler::retry_after() const {
  const Stats now = stats();
  double seconds = 0, ended = 0;
  for (const Stats::Kind& kind : now.kinds) {
    seconds += kind.run_seconds;
    ended += double(kind.finished + kind.failed + kind.cancelled + kind.timed_out);
  }
  const double each = ended > 0 ? seconds / ended : 1;
  return int(std::clamp(std::ceil(each * now.waiting / 2), 1.0, 60.0));
}

bool Scheduler::drain(double seconds) {
  std::unique_lock lock(state_->mutex);
  state_->draining = true;
  const auto idle = [&] { return state_->waiting.empty() && !state_->running; };
  const auto wait = std::chrono::duration<double>(std::min(seconds, 1e6));
  if (state_->changed.wait_for(lock, wait, idle)) return true;
  for (const Job& job : state_->waiting) job.control->cancelled = true;
  if (state_->running) state_->running->cancelled = true;
  state_->changed.wait(lock, idle);
  return false;
}

Scheduler::Stats Scheduler::stats() const {
  const std::lock_guard lock(state_->mutex);
  Stats stats = state_->stats;
  stats.waiting = int(state_->waiting.size());
  stats.running = state_->running ? 1 : 0;
  return stats;
}

}  // namespace tutti
