// Many requests on few cores: each is cut into steps, and a core takes the step that is due first.
//
//   Scheduler scheduler({});
//   TextOptions options;
//   options.on_text = [&](const std::string& piece) { return send(piece); };
//   Result<Ticket> ticket = scheduler.submit(
//       std::make_unique<TextRequest>(model, prompt, options),
//       [&](Result<TextResult> result) { finish(result); });
//   if (!ticket) ...;              // busy: answer 429 and scheduler.retry_after()
//   ticket->cancel();              // the client went away
//
// Thread-safety: everything may be called from any thread, also from listeners; nothing blocks but
// drain() and the destructor. Listeners are called on the scheduler's own threads, those of one
// request one after another, and must not block. `done` comes exactly once for every ticket,
// cancelled ones included, and nothing comes after it.
//
// A request's result is the same bits as alone, whatever else runs, and of whatever models.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/requests/model_request.h"

namespace tutti {

struct SchedulerOptions {
  int threads = 0;  // 0: all cores
  // Requests accepted and not started; above that: busy. As many more of owners who have few or
  // none waiting, so that nobody can fill the queue for others.
  int most_waiting = 64;
  int most_running = 16;      // requests that hold caches, of all models together
  double most_seconds = 120;  // of one request, from acceptance on; then it fails with timed_out
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
  void detach() { cancelled_.reset(); }

 private:
  friend class Scheduler;
  explicit Ticket(std::shared_ptr<std::atomic<bool>> cancelled)
      : cancelled_(std::move(cancelled)) {}

  std::shared_ptr<std::atomic<bool>> cancelled_;
};

class Scheduler {
 public:
  explicit Scheduler(SchedulerOptions options);
  ~Scheduler();  // cancels what is left and waits for it

  // `owner` takes turns with the other owners (owners.h), whatever the number of its requests, and
  // holds three quarters of the caches at most. Errors at once: busy where too many wait already or
  // the scheduler drains, and what the request's check() finds. Whatever else is wrong with a
  // request comes to `done`, which may be empty; the request is there until it returns.
  template <class Request>
  Result<Ticket> submit(std::unique_ptr<Request> request,
                        std::function<void(Result<typename Request::Value>)> done,
                        const std::string& owner = {}) {
    using Value = typename Request::Value;
    Request* const own = request.get();
    return submit_any(
        std::move(request),
        [own, done = std::move(done)](const std::optional<Error>& error) {
          if (done) done(error ? Result<Value>(*error) : Result<Value>(std::move(own->result())));
        },
        owner);
  }
  // The same of a request whose class is not known here: `done` reads its result.
  using End = std::function<void(const std::optional<Error>& error)>;
  Result<Ticket> submit_any(std::unique_ptr<ModelRequest> request, End done,
                            const std::string& owner = {});

  // Whole seconds after which a refused client may well succeed: 1 to 60.
  int retry_after() const;

  // Frees the caches of models that nobody has a handle of any more. The end of any request does as
  // well; this is for whoever takes away a model.
  void forget_models();

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
    std::map<std::string, Kind> kinds;  // by the requests' names
    int waiting = 0, running = 0;
    // Their quotient is how many sequences a pass of decoding advances.
    uint64_t decoded_tokens = 0, decode_passes = 0;
    // The same of all other steps that may share a pass.
    uint64_t shared_steps = 0, shared_passes = 0;
  };
  Stats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tutti
