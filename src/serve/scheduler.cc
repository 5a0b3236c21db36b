// The front door; what is behind it is in scheduler_state.cc.
#include "serve/scheduler.h"

#include <algorithm>
#include <cmath>

#include "runtime/perceive.h"
#include "engine/prompt.h"
#include "serve/scheduler_state.h"

namespace tutti {

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

Scheduler::Scheduler(const Engine& engine, SchedulerOptions options)
    : state_(std::make_unique<State>(engine, options)) {}

Scheduler::~Scheduler() {
  drain(0);
  state_->end_threads();
}

Result<Ticket> Scheduler::text(SharedPrompt prompt, TextOptions options, TextEvents events,
                               const std::string& owner) {
  TUTTI_CHECK(check_text_length(*prompt, state_->loaded));
  return state_->submit(std::make_unique<ScheduledText>(state_->loaded, std::move(prompt),
                                                        std::move(options), std::move(events)),
                        owner);
}

Result<Ticket> Scheduler::paint(SharedPrompt prompt, PaintOptions options, PaintEvents events,
                                const std::string& owner) {
  TUTTI_CHECK(check_text_length(*prompt, state_->loaded));
  return state_->submit(std::make_unique<ScheduledPicture>(state_->loaded, std::move(prompt),
                                                           std::move(options), std::move(events)),
                        owner);
}

Result<Ticket> Scheduler::speak(std::string text, SpeakOptions options, SpeakEvents events,
                                const std::string& owner) {
  return state_->submit(std::make_unique<ScheduledSpeech>(state_->loaded, std::move(text),
                                                          std::move(options), std::move(events)),
                        owner);
}

Result<Ticket> Scheduler::transcribe(Mel mel, TranscribeEvents events, const std::string& owner) {
  return state_->submit(
      std::make_unique<ScheduledPass<Transcript>>(
          JobKind::transcribe,
          [mel = std::move(mel)](Session& session) { return tutti::transcribe(session, mel); },
          std::move(events.done)),
      owner);
}

Result<Ticket> Scheduler::embed(Part part, EmbedEvents events, const std::string& owner) {
  TUTTI_CHECK(check_length(state_->loaded, part.text.size(), "the text"));
  return state_->submit(
      std::make_unique<ScheduledPass<std::vector<float>>>(
          JobKind::embed,
          [part = std::move(part)](Session& session) { return tutti::embed(session, part); },
          std::move(events.done)),
      owner);
}

Result<Ticket> Scheduler::embed_each(SharedPrompt parts, EmbedEachEvents events,
                                     const std::string& owner) {
  for (const Part& part : *parts)
    TUTTI_CHECK(check_length(state_->loaded, part.text.size(), "a text"));
  return state_->submit(std::make_unique<ScheduledEmbeddings>(std::move(parts), std::move(events)),
                        owner);
}

Result<Ticket> Scheduler::explain(SharedPrompt prompt, TextOptions options, ExplainEvents events,
                                  const std::string& owner) {
  TUTTI_CHECK(check_text_length(*prompt, state_->loaded));
  // In the engine's own session: attention is observed in all sequences of a cache.
  return state_->submit(std::make_unique<ScheduledPass<AttentionShare>>(
                            JobKind::explain,
                            [this, prompt = std::move(prompt), options = std::move(options)](
                                Session&) { return state_->engine.explain(*prompt, options); },
                            std::move(events.done)),
                        owner);
}

int Scheduler::retry_after() const {
  const std::lock_guard lock(state_->mutex);
  const double waiting = state_->stats_now().waiting;
  return int(std::clamp(std::ceil(state_->seconds_between_ends * waiting / 2), 1.0, 60.0));
}

bool Scheduler::drain(double seconds) {
  std::unique_lock lock(state_->mutex);
  state_->draining = true;
  const auto idle = [&] { return state_->idle(); };
  const auto wait = std::chrono::duration<double>(std::min(seconds, 1e6));
  if (state_->job_ended.wait_for(lock, wait, idle)) return true;
  for (const auto& job : state_->jobs) job->control->cancelled = true;
  state_->work_came.notify_all();
  state_->job_ended.wait(lock, idle);
  return false;
}

Scheduler::Stats Scheduler::stats() const {
  const std::lock_guard lock(state_->mutex);
  return state_->stats_now();
}

}  // namespace tutti
