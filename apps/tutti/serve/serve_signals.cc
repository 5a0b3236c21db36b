#include "serve_signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "base/guard.h"

namespace tutti {
namespace {

// Ends the process though a handler, a step of the model or a media process may still be at work:
// what they do is nobody's any more, and the store bears being killed at any time.
void end_soon() {
  try {
    std::thread([] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      std::_Exit(0);
    }).detach();
  } catch (const std::exception&) {  // no thread can be started
    std::_Exit(0);
  }
}

bool terminal_is_there() {
  const int file = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file >= 0) close(file);
  return file >= 0;
}

}  // namespace

sigset_t prepare_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a full disk (serve/store/)
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Under nohup, which ignores the signal, the terminal may go.
Terminal::Terminal() {
  struct sigaction now = {};
  sigaction(SIGHUP, nullptr, &now);
  had_ = now.sa_handler != SIG_IGN && terminal_is_there();
}

bool Terminal::gone() const {
  return had_ && !terminal_is_there();
}

SignalWaiter::~SignalWaiter() {
  pthread_kill(thread_.native_handle(), SIGUSR1);
  thread_.join();
}

void SignalWaiter::wait(const sigset_t& signals) const {
  for (int count = 0;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) || signal == SIGUSR1) return;
    if (signal == SIGHUP && !acts_.terminal.gone()) {
      survives(acts_.reload);
      continue;
    }
    if (count == 0)
      std::fprintf(stderr,
                   "tutti: letting requests end, %.0f s at most; the same signal again ends at "
                   "once\n",
                   acts_.drain_seconds);
    acts_.server.stop(acts_.drain_seconds);
    if (++count == 2) end_soon();
  }
}

}  // namespace tutti
