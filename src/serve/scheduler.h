// Many requests on few cores: each is cut into steps, and a core takes the step that is due first.
//
//   Scheduler scheduler(engine, {});
//   TextEvents events;
//   events.on_text = [&](const std::string& piece) { send(piece); };
//   events.done = [&](Result<TextResult> result) { finish(result); };
//   Result<Ticket> ticket = scheduler.text(prompt, options, events);
//   if (!ticket) ...;              // busy: answer 429 and scheduler.retry_after()
//   ticket->cancel();              // the client went away
//
// Thread-safety: everything may be called from any thread, also from events; nothing blocks but
// drain() and the destructor. Events come on the scheduler's own threads, those of one request one
// after another, and must not block. `done` comes exactly once for every ticket, cancelled ones
// included, and nothing comes after it.
//
// A request's result is the same bits as Engine's, whatever else runs.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/speech/ctc_text.h"
#include "engine/engine.h"

namespace tutti {

struct SchedulerOptions {
  int threads = 0;  // 0: all cores
  // Requests accepted and not started; above that: busy. As many more of owners who have none
  // waiting, so that nobody can fill the queue for others.
  int most_waiting = 64;
  int most_running = 16;      // requests that hold caches
  double most_seconds = 120;  // of one request, from acceptance on; then it fails with timed_out
};

// A prompt that several requests may read: made from a Prompt where it is one's own.
class SharedPrompt {
 public:
  SharedPrompt() : SharedPrompt(Prompt()) {}
  SharedPrompt(Prompt prompt) : prompt_(std::make_shared<const Prompt>(std::move(prompt))) {}
  SharedPrompt(std::shared_ptr<const Prompt> prompt) : prompt_(std::move(prompt)) {}
  SharedPrompt(std::initializer_list<Part> parts) : SharedPrompt(Prompt(parts)) {}
  const Prompt& operator*() const { return *prompt_; }
  const Prompt* operator->() const { return prompt_.get(); }

 private:
  std::shared_ptr<const Prompt> prompt_;
};

enum class JobKind { text, paint, speak, transcribe, embed, explain };
inline constexpr int kJobKinds = 6;
inline constexpr std::array<const char*, kJobKinds> kJobKindNames = {
    "text", "paint", "speak", "transcribe", "embed", "explain"};

struct TextEvents {
  // May be empty. False: enough; `done` comes with what there is.
  std::function<bool(const std::string& piece)> on_text;
  std::function<void(Result<TextResult>)> done;
};
struct PaintEvents {
  // After each step but the last: what the picture is going to be. May be empty.
  std::function<void(int step, int steps, const Picture& preview)> on_preview;
  std::function<void(Result<Picture>)> done;
};
struct SpeakEvents {
  std::function<void(std::span<const float> samples)> on_audio;  // 16 kHz; may be empty
  std::function<void(Result<SpeakResult>)> done;
};
struct TranscribeEvents {
  std::function<void(Result<Transcript>)> done;
};
struct EmbedEvents {
  std::function<void(Result<std::vector<float>>)> done;
};
struct EmbedEachEvents {
  // In order. `tokens`: of a text, without <s>; 0 of other parts.
  std::function<void(size_t index, std::vector<float> vector, int tokens)> on_vector;
  std::function<void(Status)> done;  // an error is of the part behind the last vector
};
struct ExplainEvents {
  std::function<void(Result<AttentionShare>)> done;
};

// A request's handle. Destroying it cancels the request unless it is done or detach()ed.
class Ticket {
 public:
  Ticket() = default;
  Ticket(Ticket&&) noexcept = default;
  Ticket& operator=(Ticket&& other) noexcept;
  ~Ticket() { cancel(); }

  // done comes soon, with ErrorCode::cancelled unless the request ends before that.
  void cancel();
  // The request goes on without this handle.
  void detach() { control_.reset(); }

  struct Control;

 private:
  friend class Scheduler;
  explicit Ticket(std::shared_ptr<Control> control) : control_(std::move(control)) {}

  std::shared_ptr<Control> control_;
};

class Scheduler {
 public:
  // `engine` must outlive it.
  Scheduler(const Engine& engine, SchedulerOptions options);
  ~Scheduler();  // cancels what is left and waits for it

  // `owner` takes turns with the other owners (owners.h), whatever the number of its requests, and
  // holds three quarters of the caches at most. Errors at once: busy where too many wait already or
  // the scheduler drains; too_long where a text cannot fit the context by its bytes alone. Whatever
  // else is wrong with a request comes to its `done`. The options' own callbacks (on_text,
  // on_audio) are not called.
  Result<Ticket> text(SharedPrompt prompt, TextOptions options, TextEvents events,
                      const std::string& owner = {});
  Result<Ticket> paint(SharedPrompt prompt, PaintOptions options, PaintEvents events,
                       const std::string& owner = {});
  Result<Ticket> speak(std::string text, SpeakOptions options, SpeakEvents events,
                       const std::string& owner = {});
  Result<Ticket> transcribe(Mel mel, TranscribeEvents events, const std::string& owner = {});
  Result<Ticket> embed(Part part, EmbedEvents events, const std::string& owner = {});
  // Any number of parts in one place of the queue, a part a step.
  Result<Ticket> embed_each(SharedPrompt parts, EmbedEachEvents events,
                            const std::string& owner = {});
  Result<Ticket> explain(SharedPrompt prompt, TextOptions options, ExplainEvents events,
                         const std::string& owner = {});

  // Whole seconds after which a refused client may well succeed: 1 to 60.
  int retry_after() const;

  // Accepts no more and waits for what was accepted; after `seconds` cancels the rest. True if
  // nothing was cancelled.
  bool drain(double seconds = 1e9);

  struct Stats {
    struct Kind {
      // Every accepted request ends as one of the other four.
      uint64_t accepted = 0, finished = 0, failed = 0, cancelled = 0, timed_out = 0;
      uint64_t rejected = 0;    // busy
      double wait_seconds = 0;  // from acceptance to the first step, all requests
      double run_seconds = 0;   // from the first step to done
    };
    std::array<Kind, kJobKinds> kinds;
    int waiting = 0, running = 0;
    // Their quotient is how many sequences a pass of decoding advances.
    uint64_t decoded_tokens = 0, decode_passes = 0;
  };
  Stats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tutti
