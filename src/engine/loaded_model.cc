#include "engine/loaded_model.h"

#include <future>

#include "base/quote.h"
#include "engine/read_weight.h"
#include "format/package/model_package.h"
#include "model/spec/spec_json.h"

namespace tutti {

namespace {

Result<std::shared_ptr<const TextPrior>> read_prior(const ModelPackage& package) {
  static_assert(kMostPriorTables <= TextPrior::kMostTables);
  const Manifest::Prior& stored = package.manifest.prior;
  if (stored.tables.empty()) return std::shared_ptr<const TextPrior>();
  std::vector<TextPrior::Part> parts;
  for (const Manifest::Prior::Table& named : stored.tables) {
    TUTTI_ASSIGN(const auto bytes, package.bytes(named.tensor));
    auto table = NgramTable::open(bytes);
    if (!table) return table.error().with_context("the tensor " + quote(named.tensor));
    parts.push_back({named.name, std::make_shared<const NgramTable>(std::move(*table))});
  }
  return std::make_shared<const TextPrior>(std::move(parts), float(stored.weight),
                                           float(stored.bonus));
}

}  // namespace

Result<ModelHandle> load_model(const ModelPackage& package, const EngineOptions& options) {
  TUTTI_ASSIGN(const ModelSpec config, parse_model_spec(package.config_json));
  // SentencePiece takes as long to read its vocabulary as we do to pack all weights.
  auto reading = std::async(std::launch::async, [&package] {
    return Tokenizer::open(package.manifest.tokenizer.kind, package.tokenizer);
  });
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
  TUTTI_ASSIGN(ModelAdapters adapters, ModelAdapters::read(package, model));
  TUTTI_ASSIGN(auto prior, read_prior(package));
  int adapter = -1;
  if (!options.adapter.empty()) {
    TUTTI_ASSIGN(adapter, adapters.named(options.adapter, config.name));
  }
  return ModelHandle{std::shared_ptr<const LoadedModel>(new LoadedModel{
                         config, std::move(tokenizer), source.take(), std::move(model),
                         options.routing, std::move(adapters), std::move(prior)}),
                     adapter};
}

Result<ModelHandle> load_model(const std::string& path, const EngineOptions& options) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(path));  // its errors name the file
  auto loaded = load_model(package, options);
  if (!loaded) return loaded.error().with_context("the model " + path);
  return loaded;
}

KeptBeside LoadedModel::keeps() const {
  KeptBeside keeps;
  for (const Weight& weight : weights.matrices) keeps.add(weight.packed.precision());
  return keeps;
}

Status lacks(const LoadedModel& loaded, const std::string& does) {
  return Error(ErrorCode::unsupported,
               "the model " + loaded.config.name + " does not " + does + "; use one that does");
}

Status require(const LoadedModel& loaded, Stem stem, const char* does) {
  return loaded.config.find(stem) >= 0 ? Status() : lacks(loaded, does);
}

Status require(const LoadedModel& loaded, HeadSpec::Kind head, const char* does) {
  return loaded.config.has(head) ? Status() : lacks(loaded, does);
}

Status check_context(const ModelSpec& config, int64_t tokens, const std::string& what) {
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
