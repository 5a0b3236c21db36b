// What signals mean to a server that runs.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

#include "serve/http/server.h"

namespace tutti {

// What the process does with signals, before any of its threads starts; those that SignalWaiter
// takes are blocked, and returned.
sigset_t prepare_signals();

// Whether SIGHUP says that the terminal is gone, rather than that files have changed. Made before
// the signal is blocked.
class Terminal {
 public:
  Terminal();
  bool gone() const;

 private:
  bool had_ = false;
};

// SIGTERM and SIGINT drain; a second one ends at once. SIGHUP reads model files again, unless the
// terminal is gone, which ends as SIGTERM does. The signals must be blocked in all threads.
class SignalWaiter {
 public:
  struct Acts {
    HttpServer& server;
    std::function<void()> reload;  // must not take long
    double drain_seconds;
    Terminal terminal;
  };
  // In a thread of its own, which ends with it, whatever is thrown.
  SignalWaiter(const sigset_t& signals, Acts acts)
      : acts_(std::move(acts)), thread_([this, &signals] { wait(signals); }) {}
  ~SignalWaiter();

 private:
  void wait(const sigset_t& signals) const;

  const Acts acts_;
  std::thread thread_;
};

}  // namespace tutti
