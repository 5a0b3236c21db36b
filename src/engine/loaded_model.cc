#include "runtime/session_state.h"

#include <atomic>
#include <future>

#include "format/package/model_package.h"
#include "engine/read_weight.h"

namespace tutti {

namespace {

Result<std::unique_ptr<LoadedModel>> load_package(const ModelPackage& package,
                                                  const EngineOptions& options) {
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
  return std::unique_ptr<LoadedModel>(new LoadedModel{config, std::move(tokenizer), source.take(),
                                                      std::move(model), options.routing});
}

}  // namespace

Result<std::unique_ptr<LoadedModel>> load_model(const std::string& path,
                                                const EngineOptions& options) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(path));  // its errors name the file
  auto loaded = load_package(package, options);
  if (!loaded) return loaded.error().with_context("the model " + path);
  return loaded;
}

Precision LoadedModel::kept() const {
  for (const Weight& weight : weights.matrices)
    if (weight.packed.precision() != Precision::f32) return Precision::bf16;
  return Precision::f32;
}

Precision LoadedModel::cached() const {
  for (const Weight& weight : weights.matrices)
    if (weight.packed.precision() == Precision::int8) return Precision::int8;
  return kept();
}

Session::Session(const LoadedModel& loaded, int thread_count,
                 std::shared_ptr<SequenceCaches> caches)
    : loaded(loaded), threads(thread_count), ops(arena, threads), caches(std::move(caches)) {
  ops.kept = loaded.kept();
  ops.routing = loaded.routing;
}

Result<std::unique_ptr<Session>> Session::create(const LoadedModel& loaded, int threads) {
  TUTTI_ASSIGN(auto caches, SequenceCaches::create(loaded.config, loaded.cached(), kSequences));
  return create(loaded, threads, std::move(caches));
}

std::unique_ptr<Session> Session::create(const LoadedModel& loaded, int threads,
                                         std::shared_ptr<SequenceCaches> caches) {
  return std::unique_ptr<Session>(new Session(loaded, threads, std::move(caches)));
}

uint64_t Session::new_shape() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

Status check_context(const ModelConfig& config, int64_t tokens, const std::string& what) {
  if (tokens <= config.context) return {};
  return too_long(what + " takes " + std::to_string(tokens) + " tokens; this model holds " +
                  std::to_string(config.context) + ", so shorten it");
}

Status check_length(const LoadedModel& loaded, size_t bytes, const std::string& what) {
  const size_t fewest = loaded.tokenizer.fewest_tokens(bytes);
  if (fewest <= size_t(loaded.config.context)) return {};
  return too_long(what + " has " + std::to_string(bytes) + " bytes, so " + std::to_string(fewest) +
                  " tokens at least; this model holds " + std::to_string(loaded.config.context) +
                  ", so shorten it");
}

Result<std::vector<int32_t>> encode_within_context(const LoadedModel& loaded,
                                                   const std::string& text,
                                                   const std::string& what) {
  TUTTI_CHECK(check_length(loaded, text.size(), what));
  TUTTI_ASSIGN(std::vector<int32_t> ids, loaded.tokenizer.encode(text));
  TUTTI_CHECK(check_context(loaded.config, int64_t(ids.size()), what));
  return ids;
}

}  // namespace tutti
