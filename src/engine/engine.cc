// Engine: loading, and what it says of itself. What can be asked of it is in engine_answers.cc.
#include "engine/engine.h"

#include <algorithm>
#include <deque>
#include <vector>

#include "engine/engine_state.h"
#include "engine/prompt.h"
#include "engine/read_weight.h"
#include "model/spec/spec_json.h"
#include "runtime/kernels/isa.h"

namespace tutti {
namespace {

// A full context: a picture and a clip if they fit, and text.
Batch full_prompt(const ModelSpec& config, int adapter) {
  const Picture grey = make_picture(kImageSize, kImageSize, 3, 128);
  BatchBuilder builder(config);
  builder.begin_sequence({.adapter = adapter});
  int rows = 0;
  const auto fits = [&](Stem stem) {
    const int modality = config.find(stem);
    if (modality < 0) return false;
    const int more = int(config.merged_rows(modality, segment_tokens(stem)));
    if (rows + more >= config.context) return false;
    rows += more;
    return true;
  };
  if (fits(Stem::picture)) builder.image(grey);
  if (fits(Stem::clip)) builder.clip(std::vector<Picture>(kClipFrames, grey));
  builder.text(Tokens(config.context - rows, int32_t(token_begin)));
  return builder.build();
}

// A step of painting with guidance at the end of a full context.
Batch full_paint_step(const ModelSpec& config, int adapter) {
  const std::vector<float> patches(size_t(kPaintTokens) * kPaintValues);
  BatchBuilder builder(config);
  for (int s = 0; s < Session::kSequences; ++s) {
    builder.begin_sequence({.past = config.context - kPaintTokens, .adapter = adapter});
    builder.paint(patches, 0);
  }
  return builder.build();
}

// A context of rows of numbers, in as many segments as the model reads them.
Batch full_rows(const ModelSpec& config, int modality, int adapter) {
  const ModalitySpec& spec = config.modalities[size_t(modality)];
  const int most = config.context - 1, each = spec.tokens ? spec.tokens : most;
  const std::vector<float> values(size_t(each) * size_t(spec.values));
  BatchBuilder builder(config);
  builder.begin_sequence({.adapter = adapter});
  int rows = 0;
  for (; rows + each <= most; rows += each)
    builder.patches(modality, values, std::vector<Position>(size_t(each)));
  builder.text(Tokens(config.context - rows, int32_t(token_begin)));
  return builder.build();
}

// The largest of what requests need, with an adapter and without.
size_t plan_arena(const Model<CpuOps>& model, const ModelAdapters& adapters, CpuOps& ops,
                  std::span<KvCache* const> caches) {
  const ModelAdapters::Pairs widest = adapters.widest();
  const ModelAdapters::Pairs* const list[] = {&widest};
  size_t bytes = 0;
  for (const int adapter : {-1, 0}) {
    if (adapter >= 0 && widest.empty()) break;
    std::vector<Batch> largest = {full_prompt(model.spec, adapter)};
    if (model.spec.find(Stem::noisy) >= 0) largest.push_back(full_paint_step(model.spec, adapter));
    for (int m = 0; m < int(model.spec.modalities.size()); ++m)
      if (model.spec.modalities[size_t(m)].stem == Stem::patches)
        largest.push_back(full_rows(model.spec, m, adapter));
    const auto own = std::span(list).first(adapter < 0 ? 0 : 1);
    for (const Batch& batch : largest)
      bytes = std::max(bytes, ops.plan([&] { model.forward(ops, batch, caches, own); }));
  }
  return bytes;
}

// A ParameterSource of shapes: for planning, not for computing.
class ShapeSource {
 public:
  ShapeSource(const ModelPackage& package, EngineOptions::Dtype dtype)
      : package_(package), dtype_(dtype) {}

  CpuTensor get(const std::string& name, int rows, int cols, const ParamSpec& spec) {
    if (!spec.product || rows < kPanelRows) {
      bytes_ += size_t(rows) * size_t(cols) * sizeof(float);
      return CpuTensor::view(nullptr, rows, cols);
    }
    Weight& weight = weights_.emplace_back();
    weight.packed = PackedWeights::shape_only(rows, cols, weight_precision(package_, name, dtype_),
                                              spec.layout.gated);
    bytes_ += weight.packed.bytes();
    keeps_.add(weight.packed.precision());
    return CpuTensor::of_weight(weight, rows, cols);
  }
  size_t bytes() const { return bytes_; }
  // As LoadedModel::kept() and cached().
  Precision kept() const { return keeps_.kept(); }
  Precision cached() const { return keeps_.cached(); }

 private:
  const ModelPackage& package_;
  EngineOptions::Dtype dtype_;
  std::deque<Weight> weights_;
  size_t bytes_ = 0;
  KeptBeside keeps_;
};

}  // namespace

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

Result<Engine> Engine::load(const std::string& path, const EngineOptions& options, Hold hold) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(path, hold));  // errors name the file
  auto engine = load(package, options);
  if (!engine) return engine.error().with_context("the model " + path);
  return engine;
}

Result<Engine> Engine::load(const ModelPackage& package, const EngineOptions& options) {
  auto state = std::make_unique<State>();
  TUTTI_CHECK(select_isa());
  TUTTI_ASSIGN(state->loaded, load_model(package, options));
  TUTTI_ASSIGN(state->session, Session::create(state->loaded, options.threads));
  return Engine(std::move(state));
}

const ModelSpec& Engine::config() const {
  return state_->loaded->config;
}

const Tokenizer& Engine::tokenizer() const {
  return state_->loaded->tokenizer;
}

const ModelHandle& Engine::model() const {
  return state_->loaded;
}

void Engine::observe(ProductObserver* observer) {
  const auto turn = state_->take_turn();  // refused in a callback, whose thread has it already
  state_->session->ops.observer = observer;
}

Result<Engine::MemoryPlan> Engine::memory_plan() const {
  TUTTI_ASSIGN(const auto turn, state_->take_turn());
  Session& session = *state_->session;
  session.forget_plan();
  const LoadedModel& loaded = session.loaded();
  const size_t arena =
      plan_arena(loaded.model, loaded.adapters, session.ops, session.caches->layers());
  TUTTI_CHECK(session.ops.status());
  return MemoryPlan{loaded.weights.bytes() + loaded.adapters.bytes(), session.caches->bytes(),
                    std::max(arena, session.arena.capacity())};
}

Result<Engine::MemoryPlan> Engine::plan_memory(const std::string& path,
                                               const EngineOptions& options) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(path));
  return plan_memory(package, options);
}

Result<Engine::MemoryPlan> Engine::plan_memory(const ModelPackage& package,
                                               const EngineOptions& options) {
  TUTTI_CHECK(select_isa());  // what bf16 is computed in depends on it
  TUTTI_ASSIGN(const ModelSpec config, parse_model_spec(package.config_json));
  ShapeSource shapes(package, options.dtype);
  const Model<CpuOps> model(Scope(shapes, ""), config);
  TUTTI_ASSIGN(const ModelAdapters adapters, ModelAdapters::read(package, model, false));
  ThreadPool threads(options.threads);
  Arena arena;
  CpuOps ops(arena, threads);
  ops.kept = shapes.kept();
  TUTTI_ASSIGN(const auto caches,
               SequenceCaches::create(config, shapes.cached(), Session::kSequences));
  const size_t arena_bytes = plan_arena(model, adapters, ops, caches->layers());
  TUTTI_CHECK(ops.status());
  return MemoryPlan{shapes.bytes() + adapters.bytes(), caches->bytes(), arena_bytes};
}

}  // namespace tutti
