#include "serve/media/isolated_decoder.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <iterator>
#include <mutex>
#include <new>
#include <thread>

#include "base/guard.h"
#include "serve/media/worker_process.h"

namespace tutti {

using Failure = WorkerProcess::Failure;
using Time = std::chrono::steady_clock::time_point;

namespace {

constexpr std::chrono::milliseconds kLook{20};  // how often who waits looks whether to go on
constexpr std::chrono::seconds kRound{1};       // how often idle workers are looked after

Error stopped() {
  return {ErrorCode::cancelled, "decoding was cancelled"};
}

Time in(double seconds) {
  return std::chrono::steady_clock::now() +
         std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

void DecodeStop::request() {
  const std::lock_guard lock(mutex_);
  requested_ = true;
  for (WorkerProcess* worker : running_) worker->interrupt();
}

bool DecodeStop::requested() const {
  const std::lock_guard lock(mutex_);
  return requested_;
}

bool DecodeStop::enter(WorkerProcess& worker) {
  const std::lock_guard lock(mutex_);
  if (!requested_) running_.push_back(&worker);
  return !requested_;
}

void DecodeStop::leave(WorkerProcess& worker) {
  const std::lock_guard lock(mutex_);
  std::erase(running_, &worker);
}

struct IsolatedDecoder::State {
  explicit State(const IsolationOptions& options) : options(options) {
    for (auto* list : {&idle, &worn}) list->reserve(size_t(options.workers));
    replacer = std::thread([this] { replace_worn(); });
  }

  const IsolationOptions options;
  std::mutex mutex;
  std::condition_variable freed;
  // Of the workers nobody uses; nullptr for one that is to be started by who takes it. Has room for
  // all of them, so that giving one back never throws.
  std::vector<std::unique_ptr<WorkerProcess>> idle;
  std::atomic<uint64_t> uploads = 0, crashes = 0, timeouts = 0, starts = 0;
  // Workers that have served their share or were stopped, and who replaces them, and those that
  // died while they had nothing to do: no upload waits for that.
  std::vector<std::unique_ptr<WorkerProcess>> worn;
  std::condition_variable worn_came;
  bool ending = false;
  std::thread replacer;

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
    while (!ending) {
      worn_came.wait_for(lock, kRound, [&] { return ending || !worn.empty(); });
      if (ending) return;
      if (worn.empty()) collect_dead();
      if (worn.empty()) continue;
      std::unique_ptr<WorkerProcess> worker = std::move(worn.back());
      worn.pop_back();
      lock.unlock();
      give_back(replacement(std::move(worker)));
      lock.lock();
    }
  }

  // With the lock held.
  void collect_dead() {
    const auto dead = [](const auto& worker) { return worker && !worker->alive(); };
    const auto first = std::stable_partition(idle.begin(), idle.end(), std::not_fn(dead));
    std::move(first, idle.end(), std::back_inserter(worn));
    idle.erase(first, idle.end());
  }

  Result<std::unique_ptr<WorkerProcess>> start_worker() {
    ++starts;
    return WorkerProcess::start(options);
  }

  // Waits for a worker; starts it where it is new or has died meanwhile.
  Result<std::unique_ptr<WorkerProcess>> take(Time deadline, const DecodeStop* stop) {
    std::unique_ptr<WorkerProcess> worker;
    {
      std::unique_lock lock(mutex);
      while (idle.empty()) {
        if (stop && stop->requested()) return stopped();
        const Time now = std::chrono::steady_clock::now();
        if (now >= deadline)
          return Error(ErrorCode::busy, "all media workers are busy; try again in a few seconds");
        freed.wait_until(lock, stop ? std::min(deadline, now + kLook) : deadline);
      }
      worker = std::move(idle.back());
      idle.pop_back();
    }
    if (worker && worker->alive()) return worker;
    worker.reset();
    try {
      auto started = start_worker();
      if (!started) give_back(nullptr);
      return started;
    } catch (...) {
      give_back(nullptr);
      throw;
    }
  }

  void give_back(std::unique_ptr<WorkerProcess> worker) noexcept {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(worker));
    freed.notify_one();
  }

  std::unique_ptr<WorkerProcess> replacement(std::unique_ptr<WorkerProcess> worker) noexcept {
    worker.reset();
    survives([&] {
      if (auto started = start_worker()) worker = *std::move(started);
    });
    return worker;
  }

  // A worker that failed is replaced by the request that found out.
  void finish(std::unique_ptr<WorkerProcess> worker, Failure failure, bool was_stopped) noexcept {
    const bool worn_out = worker->uploads() >= options.requests_per_worker || worker->used_up();
    if (failure == Failure::none && !worn_out) return give_back(std::move(worker));
    if (!was_stopped && failure != Failure::none) {
      ++(failure == Failure::crash ? crashes : timeouts);
      return give_back(replacement(std::move(worker)));
    }
    const std::lock_guard lock(mutex);
    worn.push_back(std::move(worker));
    worn_came.notify_one();
  }

  Result<WorkerProcess::Answer> ask(wire::Request request, std::span<const uint8_t> upload,
                                    const DecodeControl& control) {
    TUTTI_CHECK(check_input(upload, request.limits.max_bytes));
    request.size = upload.size();
    TUTTI_CHECK(wire::check(request));
    ++uploads;
    const double longest = std::min(options.seconds, control.seconds);
    TUTTI_ASSIGN(auto worker, take(in(longest), control.stop));
    Failure failure = Failure::none;
    Result<WorkerProcess::Answer> answer = stopped();
    const bool had_memory = survives([&] {
      if (!control.stop || control.stop->enter(*worker))
        answer = worker->ask(request, upload, in(longest), failure);
    });
    if (!had_memory) failure = Failure::crash;  // half an answer may lie in its socket
    if (control.stop) control.stop->leave(*worker);
    const bool was_stopped = control.stop && control.stop->requested();
    finish(std::move(worker), failure, was_stopped || !had_memory);  // it did not crash
    if (!had_memory) throw std::bad_alloc();
    if (was_stopped) return stopped();
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
  auto state = std::make_unique<State>(options);
  for (int i = 0; i < options.workers; ++i) {
    TUTTI_ASSIGN(auto worker, state->start_worker());
    state->give_back(std::move(worker));
  }
  return IsolatedDecoder(std::move(state));
}

Result<Picture> IsolatedDecoder::load_picture(std::span<const uint8_t> bytes,
                                              const MediaLimits& limits, Transparency transparency,
                                              const DecodeControl& control) const {
  TUTTI_ASSIGN(auto answer, state_->ask({.kind = wire::Kind::picture,
                                         .keep_transparency = transparency == Transparency::keep,
                                         .limits = limits},
                                        bytes, control));
  return wire::to_picture(answer.reply, std::move(answer.bytes));
}

Result<Picture> IsolatedDecoder::load_fitted_picture(std::span<const uint8_t> bytes, int side,
                                                     const MediaLimits& limits,
                                                     const DecodeControl& control) const {
  TUTTI_ASSIGN(auto answer, state_->ask({.kind = wire::Kind::fitted_picture,
                                         .count = 1,
                                         .side = uint32_t(side),
                                         .limits = limits},
                                        bytes, control));
  return wire::to_picture(answer.reply, std::move(answer.bytes));
}

Result<Sound> IsolatedDecoder::load_sound(std::span<const uint8_t> bytes, const MediaLimits& limits,
                                          const DecodeControl& control) const {
  TUTTI_ASSIGN(const auto answer,
               state_->ask({.kind = wire::Kind::sound, .limits = limits}, bytes, control));
  return wire::to_sound(answer.reply, answer.bytes);
}

Result<std::vector<Picture>> IsolatedDecoder::load_frames(std::span<const uint8_t> bytes, int count,
                                                          int side, const MediaLimits& limits,
                                                          const DecodeControl& control) const {
  TUTTI_ASSIGN(const auto answer, state_->ask({.kind = wire::Kind::frames,
                                               .count = uint32_t(count),
                                               .side = uint32_t(side),
                                               .limits = limits},
                                              bytes, control));
  return wire::to_frames(answer.reply, answer.bytes);
}

Result<Rows> IsolatedDecoder::load_cloud(std::span<const uint8_t> bytes, const MediaLimits& limits,
                                         const DecodeControl& control, UpAxis up) const {
  const wire::Request request{.kind = wire::Kind::cloud, .y_up = up == UpAxis::y, .limits = limits};
  TUTTI_ASSIGN(const auto answer, state_->ask(request, bytes, control));
  return wire::to_cloud(answer.reply, answer.bytes);
}

IsolatedDecoder::Stats IsolatedDecoder::stats() const {
  return {state_->uploads, state_->crashes, state_->timeouts, state_->starts};
}

int IsolatedDecoder::workers() const {
  return state_->options.workers;
}

std::vector<int> IsolatedDecoder::process_ids() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<int> ids;
  for (const auto& worker : state_->idle)
    if (worker) ids.push_back(worker->id());
  return ids;
}

}  // namespace tutti
