#include "runtime/session_state.h"

#include <future>

#include "format/model_package.h"
#include "runtime/read_weight.h"

namespace tutti {

Result<std::unique_ptr<LoadedModel>> load_model(const std::string& path,
                                                const EngineOptions& options) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(path));
  TUTTI_ASSIGN(const ModelConfig config, parse_model_config(package.config_json));
  // SentencePiece takes as long to read its vocabulary as we do to pack all weights.
  auto reading = std::async(std::launch::async,
                            [&package] { return Tokenizer::from_bytes(package.tokenizer); });
  WeightSource source(
      [&](const std::string& name, int rows, int cols) {
        return package.read_f32(name, {rows, cols});
      },
      [&](const std::string& name, int rows, int cols) {
        return read_weight(package, name, rows, cols, options.dtype);
      });
  Model<CpuOps> model(Scope(source, ""), config);
  ThreadPool threads(options.threads);
  TUTTI_CHECK(source.pack(threads));
  TUTTI_ASSIGN(Tokenizer tokenizer, reading.get());
  if (tokenizer.vocabulary_size() > config.vocabulary)
    return bad_input("the tokenizer has " + std::to_string(tokenizer.vocabulary_size()) +
                     " pieces, the model " + std::to_string(config.vocabulary) +
                     "; they do not belong together");
  return std::unique_ptr<LoadedModel>(
      new LoadedModel{config, std::move(tokenizer), source.take(), std::move(model)});
}

Precision LoadedModel::kept() const {
  for (const Weight& weight : weights.matrices)
    if (weight.packed.precision() != Precision::f32) return Precision::bf16;
  return Precision::f32;
}

Result<std::unique_ptr<Session>> Session::create(const LoadedModel& loaded, int threads) {
  std::unique_ptr<Session> session(new Session(loaded, threads));
  const ModelConfig& config = loaded.config;
  session->ops.kept = loaded.kept();
  session->caches.reserve(config.layers);
  for (int layer = 0; layer < config.layers; ++layer) {
    TUTTI_ASSIGN(KvCache cache,
                 KvCache::create(kSequences, config.context, config.heads(), loaded.kept()));
    session->caches.push_back(std::move(cache));
  }
  for (KvCache& cache : session->caches) session->cache_pointers.push_back(&cache);
  return session;
}

void Session::clear_caches() {
  for (KvCache& cache : caches) cache.clear();
}

void Session::truncate(int sequence, int length) {
  for (KvCache& cache : caches) cache.truncate(sequence, length);
}

void Session::set_probes(std::vector<AttentionProbe>* probes) {
  for (size_t layer = 0; layer < caches.size(); ++layer)
    caches[layer].probe = probes ? &(*probes)[layer] : nullptr;
}

size_t Session::cache_bytes() const {
  size_t bytes = 0;
  for (const KvCache& cache : caches) bytes += cache.bytes();
  return bytes;
}

Status check_context(const ModelConfig& config, int tokens, const char* what) {
  if (tokens <= config.context) return {};
  return bad_input(std::string(what) + " takes " + std::to_string(tokens) +
                   " tokens; this model holds " + std::to_string(config.context) +
                   ", so shorten it");
}

}  // namespace tutti
