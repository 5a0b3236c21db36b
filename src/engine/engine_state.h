// What is behind an Engine: its model, a session, and whose turn it is.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/session.h"

namespace tutti {

struct Engine::State {
  ModelHandle loaded;
  std::unique_ptr<Session> session;

  // Has the engine for as long as it lives.
  class Turn {
   public:
    explicit Turn(State& state) : state_(&state), lock_(state.mutex_) {
      state.caller_ = std::this_thread::get_id();
    }
    Turn(Turn&& other) noexcept
        : state_(std::exchange(other.state_, nullptr)), lock_(std::move(other.lock_)) {}
    ~Turn() {
      if (state_) state_->caller_ = std::thread::id();
    }

   private:
    State* state_;
    std::unique_lock<std::mutex> lock_;
  };
  // Waits for the calls of other threads. usage_error where this thread has the engine already, in
  // a callback: it would wait for itself.
  Result<Turn> take_turn() {
    if (caller_ == std::this_thread::get_id())
      return usage_error(
          "a callback asked for more from the model that is calling it; let it return first, or "
          "load the model a second time");
    return Turn(*this);
  }
  Result<Turn> take_turn(const TranscriptStream& stream);

  Status step(TranscriptStream& stream);

  // Runs a request to its end.
  template <class Request, class... Arguments>
  Result<typename Request::Value> answer(Arguments&&... arguments);

 private:
  std::mutex mutex_;
  std::atomic<std::thread::id> caller_{};
};

}  // namespace tutti
