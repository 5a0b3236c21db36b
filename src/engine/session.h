// Where passes run, one at a time.
#pragma once

#include <memory>
#include <utility>

#include "engine/loaded_model.h"
#include "engine/model_handle.h"
#include "runtime/memory/sequence_caches.h"

namespace tutti {

class DecodeBatch;

// Everything that a pass needs and leaves nothing in but the caches: arena, threads, lists.
// Requests take turns on one, pass by pass, also those of different models. Used by one thread at a
// time.
class Session {
 public:
  // Guidance runs a prompt and its absence side by side.
  static constexpr int kSequences = 2;

  explicit Session(int threads);
  ~Session();
  // On a model, with caches for one request.
  static Result<std::unique_ptr<Session>> create(const ModelHandle& handle, int threads);
  // On caches that other sessions use too.
  static std::unique_ptr<Session> create(const ModelHandle& handle, int threads,
                                         std::shared_ptr<SequenceCaches> caches);

  // The passes to come are of this model, whose sequences are in these caches.
  void enter(const ModelHandle& handle, std::shared_ptr<SequenceCaches> caches);
  // Holds neither any longer; no pass may run before enter().
  void leave();
  const LoadedModel& loaded() const { return *model_; }

  // What passes of decoding reuse, as long as they are of one model.
  DecodeBatch& decoding() { return *decoding_; }

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

  ThreadPool threads;
  Arena arena;
  CpuOps ops;
  std::shared_ptr<SequenceCaches> caches;

 private:
  std::shared_ptr<const LoadedModel> model_;
  std::weak_ptr<const LoadedModel> decoded_;
  std::unique_ptr<DecodeBatch> decoding_;  // of decoded_
  ThreadPool* pool_ = &threads;
  uint64_t planned_ = 0;  // shape of the last pass; 0: not to come again
};

}  // namespace tutti
