// Engine: loading, and what it says of itself. What it does is in text_session.cc,
// paint_session.cc, speech_session.cc and perceive_session.cc.
#include "engine/engine.h"

#include <algorithm>
#include <deque>

#include "runtime/kernels/isa.h"
#include "engine/prompt.h"
#include "engine/read_weight.h"

namespace tutti {
namespace {

// A full context: a picture and a clip if they fit, and text.
Batch full_prompt(const ModelConfig& config) {
  const Picture grey = make_picture(kImageSize, kImageSize, 3, 128);
  BatchBuilder builder(config);
  builder.begin_sequence();
  int rows = 0;
  const int image_rows = config.hierarchy ? 64 / kImageMerge : 64;
  const int clip_rows = config.hierarchy ? 256 / kClipMerge : 256;
  if (rows + image_rows < config.context) rows += image_rows, builder.image(grey);
  if (rows + clip_rows < config.context)
    rows += clip_rows, builder.clip(std::vector<Picture>(kClipFrames, grey));
  builder.text(Tokens(config.context - rows, int32_t(token_begin)));
  return builder.build();
}

// A step of painting with guidance at the end of a full context.
Batch full_paint_step(const ModelConfig& config) {
  const std::vector<float> patches(size_t(kPaintTokens) * kPaintValues);
  BatchBuilder builder(config);
  for (int s = 0; s < Session::kSequences; ++s) {
    builder.begin_sequence(config.context - kPaintTokens);
    builder.paint(patches, 0);
  }
  return builder.build();
}

// The largest of what requests need.
size_t plan_arena(const Model<CpuOps>& model, CpuOps& ops, std::span<KvCache* const> caches) {
  size_t bytes = 0;
  for (const Batch& batch : {full_prompt(model.config), full_paint_step(model.config)})
    bytes = std::max(bytes, ops.plan([&] { model.forward(ops, batch, caches); }));
  return bytes;
}

// A ParameterSource of shapes: for planning, not for computing.
class ShapeSource {
 public:
  ShapeSource(const ModelPackage& package, EngineOptions::Dtype dtype)
      : package_(package), dtype_(dtype) {}

  CpuTensor get(const std::string&, int rows, int cols, Init) {
    bytes_ += size_t(rows) * size_t(cols) * sizeof(float);
    return CpuTensor::view(nullptr, rows, cols);
  }
  CpuTensor matrix(const std::string& name, int rows, int cols, Init init) {
    if (rows < kPanelRows) return get(name, rows, cols, init);
    Weight& weight = weights_.emplace_back();
    weight.packed = PackedWeights::shape_only(rows, cols, weight_precision(package_, name, dtype_));
    bytes_ += weight.packed.bytes();
    all_f32_ = all_f32_ && weight.packed.precision() == Precision::f32;
    some_int8_ = some_int8_ || weight.packed.precision() == Precision::int8;
    return CpuTensor::of_weight(weight, rows, cols);
  }
  size_t bytes() const { return bytes_; }
  // As LoadedModel::kept() and cached().
  Precision kept() const { return all_f32_ ? Precision::f32 : Precision::bf16; }
  Precision cached() const { return some_int8_ ? Precision::int8 : kept(); }

 private:
  const ModelPackage& package_;
  EngineOptions::Dtype dtype_;
  std::deque<Weight> weights_;
  size_t bytes_ = 0;
  bool all_f32_ = true, some_int8_ = false;
};

}  // namespace

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

Result<Engine> Engine::load(const std::string& path, const EngineOptions& options) {
  auto state = std::make_unique<State>();
  TUTTI_CHECK(select_isa());
  TUTTI_ASSIGN(state->loaded, load_model(path, options));
  TUTTI_ASSIGN(state->session, Session::create(*state->loaded, options.threads));
  return Engine(std::move(state));
}

const ModelConfig& Engine::config() const {
  return state_->loaded->config;
}

const Tokenizer& Engine::tokenizer() const {
  return state_->loaded->tokenizer;
}

const LoadedModel& Engine::model() const {
  return *state_->loaded;
}

void Engine::observe(ProductObserver* observer) {
  state_->session->ops.observer = observer;
}

Result<Engine::MemoryPlan> Engine::memory_plan() const {
  TUTTI_ASSIGN(const auto turn, state_->take_turn());
  Session& session = *state_->session;
  session.forget_plan();
  const size_t arena = plan_arena(session.loaded.model, session.ops, session.caches->layers());
  TUTTI_CHECK(session.ops.status());
  return MemoryPlan{session.loaded.weights.bytes(), session.caches->bytes(),
                    std::max(arena, session.arena.capacity())};
}

Result<Engine::MemoryPlan> Engine::plan_memory(const std::string& path,
                                               const EngineOptions& options) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(path));
  TUTTI_ASSIGN(const ModelConfig config, parse_model_config(package.config_json));
  ShapeSource shapes(package, options.dtype);
  const Model<CpuOps> model(Scope(shapes, ""), config);
  ThreadPool threads(options.threads);
  Arena arena;
  CpuOps ops(arena, threads);
  ops.kept = shapes.kept();
  TUTTI_ASSIGN(const auto caches,
               SequenceCaches::create(config, shapes.cached(), Session::kSequences));
  const size_t arena_bytes = plan_arena(model, ops, caches->layers());
  TUTTI_CHECK(ops.status());
  return MemoryPlan{shapes.bytes(), caches->bytes(), arena_bytes};
}

}  // namespace tutti
