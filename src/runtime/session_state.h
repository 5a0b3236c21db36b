// What is behind an Engine: the loaded model, and sessions, each of which runs one pass at a time.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "format/text/tokenizer.h"
#include "model/model.h"
#include "runtime/ops/cpu_ops.h"
#include "runtime/memory/sequence_caches.h"
#include "engine/engine.h"

namespace tutti {

// Never changed after loading.
struct LoadedModel {
  ModelConfig config;
  Tokenizer tokenizer;
  WeightStorage weights;
  Model<CpuOps> model;
  bool routing = true;  // as CpuOps::routing

  // What keys and values are kept in during a pass, FP32 where all matrices are, else bf16; and in
  // the caches, as the products: INT8 where a matrix is.
  Precision kept() const;
  Precision cached() const;
};

// Reads and checks a model file. Errors name the file's part that is wrong.
Result<std::unique_ptr<LoadedModel>> load_model(const std::string& path,
                                                const EngineOptions& options);

// Everything that a pass needs and leaves nothing in but the caches: arena, threads, lists.
// Requests take turns on one, pass by pass. Used by one thread at a time.
class Session {
 public:
  // Guidance runs a prompt and its absence side by side.
  static constexpr int kSequences = 2;

  // With caches for one request.
  static Result<std::unique_ptr<Session>> create(const LoadedModel& loaded, int threads);
  // On caches that other sessions use too.
  static std::unique_ptr<Session> create(const LoadedModel& loaded, int threads,
                                         std::shared_ptr<SequenceCaches> caches);

  // A dry run of `pass` for the arena's size, then the run; `pass` must not touch data where
  // ops.computing() is false.
  template <class Pass>
  Status run(const Pass& pass) {
    return run_shape(0, pass, pass);
  }

  // As run(), for passes that come again and again: `plan`, the largest of them, is run dry only
  // where the session's last pass was of another shape. Shapes come from new_shape().
  template <class Plan, class Pass>
  Status run_shape(uint64_t shape, const Plan& plan, const Pass& pass) {
    if (shape && shape == planned_) {
      ops.repeat();
    } else {
      planned_ = 0;
      TUTTI_CHECK(ops.reserve(plan));
    }
    pass();
    Status status = ops.status();
    planned_ = status ? shape : 0;
    return status;
  }
  static uint64_t new_shape();
  // Of the passes to come: a pool of one's own or one that sessions lend each other.
  void use_threads(ThreadPool& pool) {
    if (std::exchange(pool_, &pool) == &pool) return;
    planned_ = 0;
    ops.use_threads(pool);
  }
  // Before ops is used other than by the above.
  void forget_plan() {
    planned_ = 0;
    ops.reset();
  }

  void truncate(int slot, int length) { caches->truncate(slot, length); }

  const LoadedModel& loaded;
  ThreadPool threads;
  Arena arena;
  CpuOps ops;
  std::shared_ptr<SequenceCaches> caches;

 private:
  Session(const LoadedModel& loaded, int thread_count, std::shared_ptr<SequenceCaches> caches);

  ThreadPool* pool_ = &threads;
  uint64_t planned_ = 0;  // shape of the last pass; 0: not to come again
};

struct Engine::State {
  std::unique_ptr<LoadedModel> loaded;
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

 private:
  std::mutex mutex_;
  std::atomic<std::thread::id> caller_{};
};

// too_long unless the sequence fits the model's context.
Status check_context(const ModelConfig& config, int64_t tokens, const std::string& what);
// Tokens of a text that must fit the context; too_long, by its bytes alone where these are too many
// for that, before any work goes into it. `what` names it in messages.
Status check_length(const LoadedModel& loaded, size_t bytes, const std::string& what);
Result<std::vector<int32_t>> encode_within_context(const LoadedModel& loaded,
                                                   const std::string& text,
                                                   const std::string& what);

}  // namespace tutti
