// The kinds of work that a scheduler takes: a request of the runtime, who is told of it, and when
// its next step is due.
#pragma once

#include <atomic>
#include <optional>

#include "runtime/paint_request.h"
#include "engine/requests/speak_request.h"
#include "engine/requests/text_request.h"
#include "serve/owners.h"
#include "serve/scheduler.h"
#include "serve/turns.h"

namespace tutti {

struct Ticket::Control {
  std::atomic<bool> cancelled{false};
};

class ScheduledJob {
 public:
  enum class State { waiting, ready, stepping };

  ScheduledJob(JobKind kind, int slots_wanted) : kind(kind), slots_wanted(slots_wanted) {}
  virtual ~ScheduledJob() = default;

  virtual void set_slots(const Slots&) {}
  // As StepRequest::step().
  virtual Result<bool> step(Session& session) = 0;
  // Calls `done`, with the error where there is one.
  virtual void end(const std::optional<Error>& error) = 0;
  // The request, once its next step is a token.
  virtual TextRequest* decoding() { return nullptr; }
  // When the next step is due. Called after each step, at `now`.
  virtual SteadyTime next_due(SteadyTime now) { return now; }

  // Over so soon that caches are kept free for it (scheduler_state.h).
  virtual bool brief() const { return false; }
  bool patient() const { return kind == JobKind::paint || kind == JobKind::explain; }
  bool cancelled() const { return control->cancelled; }
  // Why it must not go on, if so.
  std::optional<Error> refusal(SteadyTime now) const;

  const JobKind kind;
  const int slots_wanted;  // of the caches
  const std::shared_ptr<Ticket::Control> control = std::make_shared<Ticket::Control>();
  // Of the scheduler, under its lock.
  SteadyTime accepted, started, due, too_late;
  Owner* owner = nullptr;
  State state = State::waiting;
  Slots slots = {-1, -1};
};

class ScheduledText : public ScheduledJob {
 public:
  ScheduledText(const LoadedModel& loaded, SharedPrompt prompt, TextOptions options,
                TextEvents events);
  void set_slots(const Slots& slots) override { request_.slots = slots; }
  Result<bool> step(Session& session) override { return request_.step(session); }
  void end(const std::optional<Error>& error) override;
  TextRequest* decoding() override { return request_.decoding() ? &request_ : nullptr; }
  SteadyTime next_due(SteadyTime now) override;
  bool brief() const override { return brief_; }

 private:
  const SharedPrompt prompt_;
  const TextEvents events_;
  const bool brief_;
  TextRequest request_;
};

class ScheduledPicture : public ScheduledJob {
 public:
  ScheduledPicture(const LoadedModel& loaded, SharedPrompt prompt, PaintOptions options,
                   PaintEvents events);
  void set_slots(const Slots& slots) override { request_.slots = slots; }
  Result<bool> step(Session& session) override { return request_.step(session); }
  void end(const std::optional<Error>& error) override;

 private:
  const SharedPrompt prompt_;
  const PaintEvents events_;
  PaintRequest request_;
};

class ScheduledSpeech : public ScheduledJob {
 public:
  ScheduledSpeech(const LoadedModel& loaded, std::string text, SpeakOptions options,
                  SpeakEvents events);
  void set_slots(const Slots& slots) override { request_.slots = slots; }
  Result<bool> step(Session& session) override { return request_.step(session); }
  void end(const std::optional<Error>& error) override;
  SteadyTime next_due(SteadyTime now) override;

 private:
  const SpeakEvents events_;
  SpeakRequest request_;
  double delivered_ = 0;      // seconds of sound
  SteadyTime heard_until_{};  // when who listens will have heard that
};

// A pass for each of many parts, without caches.
class ScheduledEmbeddings : public ScheduledJob {
 public:
  ScheduledEmbeddings(SharedPrompt parts, EmbedEachEvents events)
      : ScheduledJob(JobKind::embed, 0), parts_(std::move(parts)), events_(std::move(events)) {}
  Result<bool> step(Session& session) override;
  void end(const std::optional<Error>& error) override;
  SteadyTime next_due(SteadyTime now) override;

 private:
  const SharedPrompt parts_;
  const EmbedEachEvents events_;
  size_t next_ = 0;
};

// One pass, without caches.
template <class T>
class ScheduledPass : public ScheduledJob {
 public:
  using Pass = std::function<Result<T>(Session&)>;
  ScheduledPass(JobKind kind, Pass pass, std::function<void(Result<T>)> done)
      : ScheduledJob(kind, 0), pass_(std::move(pass)), done_(std::move(done)) {}

  Result<bool> step(Session& session) override {
    TUTTI_ASSIGN(result_, pass_(session));
    return false;
  }
  void end(const std::optional<Error>& error) override {
    if (done_) done_(error ? Result<T>(*error) : Result<T>(std::move(result_)));
  }

 private:
  const Pass pass_;
  const std::function<void(Result<T>)> done_;
  T result_;
};

}  // namespace tutti
