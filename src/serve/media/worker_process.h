// The server's handle on one media worker: starts it, limits it from outside, talks to it, ends it.
// Thread-safety: one thread at a time.
#pragma once

#include <sys/types.h>

#include <cmath>

#include "serve/media/isolated_decoder.h"
#include "serve/media/wire.h"

namespace tutti {

class WorkerProcess {
 public:
  // Waits until the worker has locked itself in.
  static Result<std::unique_ptr<WorkerProcess>> start(const IsolationOptions& options);
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;
  ~WorkerProcess();  // kills it and collects it

  struct Answer {
    wire::Reply reply;  // checked
    std::vector<uint8_t> bytes;
  };
  enum class Failure { none, crash, timeout };

  // After a failure this worker is of no use.
  Result<Answer> ask(const wire::Request& request, std::span<const uint8_t> upload,
                     wire::Deadline deadline, Failure& failure);

  // Ends an ask() of another thread at once, as a crash would.
  void interrupt() const;

  // The processor time that it may use in its life is nearly spent.
  bool used_up() const;
  // False once it has died while it had nothing to do.
  bool alive() const;
  int uploads() const { return uploads_; }
  pid_t id() const { return id_; }

 private:
  // What runs in a worker can ignore the soft limit of an upload, but not the hard one, which is
  // set once, as nobody but root may raise it again: enough for several of the longest uploads.
  static constexpr double kUploadsOfProcessorTime = 8;

  WorkerProcess(pid_t id, int socket, double processor_seconds)
      : id_(id), socket_(socket), processor_seconds_(processor_seconds) {}
  Status greet(const IsolationOptions& options);
  double processor_time() const;  // seconds used so far
  void allow_processor_time() const;
  double lifetime() const { return kUploadsOfProcessorTime * std::ceil(processor_seconds_) + 10; }
  wire::Transfer exchange(const wire::Request& request, std::span<const uint8_t> upload,
                          wire::Deadline deadline, Result<Answer>& answer) const;

  pid_t id_;
  int socket_;
  double processor_seconds_;
  int uploads_ = 0;
};

}  // namespace tutti
