// The server's handle on one media worker: starts it, limits it from outside, talks to it, ends it.
// Thread-safety: one thread at a time.
#pragma once

#include <sys/types.h>

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

  // False once it has died while it had nothing to do.
  bool alive() const;
  int uploads() const { return uploads_; }
  pid_t id() const { return id_; }

 private:
  WorkerProcess(pid_t id, int socket, double processor_seconds)
      : id_(id), socket_(socket), processor_seconds_(processor_seconds) {}
  Status greet(const IsolationOptions& options);
  void allow_processor_time() const;
  wire::Transfer exchange(const wire::Request& request, std::span<const uint8_t> upload,
                          wire::Deadline deadline, Result<Answer>& answer) const;

  pid_t id_;
  int socket_;
  double processor_seconds_;
  int uploads_ = 0;
};

}  // namespace tutti
