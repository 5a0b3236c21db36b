// What is behind an Engine: the loaded model, and the one session that its calls share by turns.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "format/tokenizer.h"
#include "model/model.h"
#include "runtime/cpu_ops.h"
#include "runtime/session.h"

namespace tutti {

// Never changed after loading.
struct LoadedModel {
  ModelConfig config;
  Tokenizer tokenizer;
  WeightStorage weights;
  Model<CpuOps> model;

  // What keys and values are kept in: FP32 where all matrices are, else bf16.
  Precision kept() const;
};

// Reads and checks a model file. Errors name the file's part that is wrong.
Result<std::unique_ptr<LoadedModel>> load_model(const std::string& path,
                                                const EngineOptions& options);

// Everything that a request changes: arena, caches, threads. One request at a time.
class Session {
 public:
  // Guidance runs a prompt and its absence side by side.
  static constexpr int kSequences = 2;

  // Takes the memory of the caches: 2 x context keys and values a layer.
  static Result<std::unique_ptr<Session>> create(const LoadedModel& loaded, int threads);

  // A dry run of `pass` for the arena's size, then the run; `pass` must not touch data where
  // ops.computing() is false.
  template <class Pass>
  Status run(const Pass& pass) {
    TUTTI_CHECK(ops.reserve(pass));
    pass();
    return ops.status();
  }

  void clear_caches();
  void truncate(int sequence, int length);
  void set_probes(std::vector<AttentionProbe>* probes);  // one a layer, or nullptr
  size_t cache_bytes() const;

  const LoadedModel& loaded;
  ThreadPool threads;
  Arena arena;
  CpuOps ops;
  std::vector<KvCache> caches;           // one a layer
  std::vector<KvCache*> cache_pointers;  // as Model::forward wants them

 private:
  Session(const LoadedModel& loaded, int thread_count)
      : loaded(loaded), threads(thread_count), ops(arena, threads) {}
};

struct Engine::State {
  std::unique_ptr<LoadedModel> loaded;
  std::unique_ptr<Session> session;
  std::mutex mutex;  // held for a request
};

// bad_input unless the sequence fits the model's context.
Status check_context(const ModelConfig& config, int tokens, const char* what);

}  // namespace tutti
