#include "serve/media/isolated_decoder.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "serve/media/worker_process.h"

namespace tutti {

using Failure = WorkerProcess::Failure;

struct IsolatedDecoder::State {
  IsolationOptions options;
  std::mutex mutex;
  std::condition_variable freed;
  // Of the workers nobody uses; nullptr for one that is to be started by who takes it.
  std::vector<std::unique_ptr<WorkerProcess>> idle;
  std::atomic<uint64_t> uploads = 0, crashes = 0, timeouts = 0, starts = 0;
  // Workers that have served their share, and who replaces them: no upload waits for that.
  std::vector<std::unique_ptr<WorkerProcess>> worn;
  std::condition_variable worn_came;
  bool ending = false;
  std::thread replacer{[this] { replace_worn(); }};

  ~State() {
    {
      const std::lock_guard lock(mutex);
      ending = true;
      worn_came.notify_one();
    }
    replacer.join();
  }

  void replace_worn() {
    std::unique_lock lock(mutex);
    for (;;) {
      worn_came.wait(lock, [&] { return ending || !worn.empty(); });
      if (ending) return;
      std::unique_ptr<WorkerProcess> worker = std::move(worn.back());
      worn.pop_back();
      lock.unlock();
      give_back(replacement(std::move(worker)));
      lock.lock();
    }
  }

  Result<std::unique_ptr<WorkerProcess>> start_worker() {
    ++starts;
    return WorkerProcess::start(options);
  }

  // Waits for a worker; starts it where it is new or has died meanwhile.
  Result<std::unique_ptr<WorkerProcess>> take(std::chrono::steady_clock::time_point deadline) {
    std::unique_ptr<WorkerProcess> worker;
    {
      std::unique_lock lock(mutex);
      if (!freed.wait_until(lock, deadline, [&] { return !idle.empty(); }))
        return Error(ErrorCode::busy, "all media workers are busy; try again in a few seconds");
      worker = std::move(idle.back());
      idle.pop_back();
    }
    if (worker && worker->alive()) return worker;
    auto started = start_worker();
    if (!started) give_back(nullptr);
    return started;
  }

  void give_back(std::unique_ptr<WorkerProcess> worker) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(worker));
    freed.notify_one();
  }

  std::unique_ptr<WorkerProcess> replacement(std::unique_ptr<WorkerProcess> worker) {
    worker.reset();
    auto started = start_worker();
    return started ? *std::move(started) : nullptr;
  }

  // A worker that failed is replaced by the request that found out.
  void finish(std::unique_ptr<WorkerProcess> worker, Failure failure) {
    if (failure == Failure::crash) ++crashes;
    if (failure == Failure::timeout) ++timeouts;
    if (failure != Failure::none) return give_back(replacement(std::move(worker)));
    if (worker->uploads() < options.requests_per_worker) return give_back(std::move(worker));
    const std::lock_guard lock(mutex);
    worn.push_back(std::move(worker));
    worn_came.notify_one();
  }

  Result<WorkerProcess::Answer> ask(wire::Request request, std::span<const uint8_t> upload) {
    TUTTI_CHECK(check_input(upload, request.limits.max_bytes));
    request.size = upload.size();
    TUTTI_CHECK(wire::check(request));
    ++uploads;
    const auto longest = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::duration<double>(options.seconds));
    TUTTI_ASSIGN(auto worker, take(std::chrono::steady_clock::now() + longest));
    Failure failure = Failure::none;
    auto answer = worker->ask(request, upload, std::chrono::steady_clock::now() + longest, failure);
    finish(std::move(worker), failure);
    return answer;
  }
};

IsolatedDecoder::IsolatedDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
IsolatedDecoder::IsolatedDecoder(IsolatedDecoder&&) noexcept = default;
IsolatedDecoder& IsolatedDecoder::operator=(IsolatedDecoder&&) noexcept = default;
IsolatedDecoder::~IsolatedDecoder() = default;

Result<IsolatedDecoder> IsolatedDecoder::start(const IsolationOptions& options) {
  if (options.workers < 1 || options.seconds <= 0 || options.processor_seconds <= 0)
    return usage_error("media workers and their seconds must be above 0");
  auto state = std::make_unique<State>();
  state->options = options;
  for (int i = 0; i < options.workers; ++i) {
    TUTTI_ASSIGN(auto worker, state->start_worker());
    state->idle.push_back(std::move(worker));
  }
  return IsolatedDecoder(std::move(state));
}

Result<Picture> IsolatedDecoder::load_picture(std::span<const uint8_t> bytes,
                                              const MediaLimits& limits,
                                              Transparency transparency) const {
  TUTTI_ASSIGN(auto answer, state_->ask({.kind = wire::Kind::picture,
                                         .keep_transparency = transparency == Transparency::keep,
                                         .limits = limits},
                                        bytes));
  return wire::to_picture(answer.reply, std::move(answer.bytes));
}

Result<Picture> IsolatedDecoder::load_fitted_picture(std::span<const uint8_t> bytes, int side,
                                                     const MediaLimits& limits) const {
  TUTTI_ASSIGN(auto answer, state_->ask({.kind = wire::Kind::fitted_picture,
                                         .count = 1,
                                         .side = uint32_t(side),
                                         .limits = limits},
                                        bytes));
  return wire::to_picture(answer.reply, std::move(answer.bytes));
}

Result<Sound> IsolatedDecoder::load_sound(std::span<const uint8_t> bytes,
                                          const MediaLimits& limits) const {
  TUTTI_ASSIGN(const auto answer,
               state_->ask({.kind = wire::Kind::sound, .limits = limits}, bytes));
  return wire::to_sound(answer.reply, answer.bytes);
}

Result<std::vector<Picture>> IsolatedDecoder::load_frames(std::span<const uint8_t> bytes, int count,
                                                          int side,
                                                          const MediaLimits& limits) const {
  TUTTI_ASSIGN(const auto answer, state_->ask({.kind = wire::Kind::frames,
                                               .count = uint32_t(count),
                                               .side = uint32_t(side),
                                               .limits = limits},
                                              bytes));
  return wire::to_frames(answer.reply, answer.bytes);
}

IsolatedDecoder::Stats IsolatedDecoder::stats() const {
  return {state_->uploads, state_->crashes, state_->timeouts, state_->starts};
}

std::vector<int> IsolatedDecoder::process_ids() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<int> ids;
  for (const auto& worker : state_->idle)
    if (worker) ids.push_back(worker->id());
  return ids;
}

}  // namespace tutti
