// Engine: loading, and what it says of itself. What it does is in text_session.cc,
// paint_session.cc, speech_session.cc and perceive_session.cc.
#include "runtime/session.h"

#include <algorithm>

#include "runtime/linear/isa.h"
#include "runtime/prompt.h"

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

}  // namespace

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

Result<Engine> Engine::load(const std::string& path, const EngineOptions& options) {
  auto state = std::make_unique<State>();
  TUTTI_CHECK(select_isa());
  Result<std::unique_ptr<LoadedModel>> loaded = load_model(path, options);
  if (!loaded) return loaded.error().with_context("loading " + path);
  state->loaded = *std::move(loaded);
  TUTTI_ASSIGN(state->session, Session::create(*state->loaded, options.threads));
  state->session->ops.routing = options.routing;
  return Engine(std::move(state));
}

const ModelConfig& Engine::config() const {
  return state_->loaded->config;
}

const Tokenizer& Engine::tokenizer() const {
  return state_->loaded->tokenizer;
}

Result<Engine::MemoryPlan> Engine::memory_plan() const {
  const std::lock_guard lock(state_->mutex);
  Session& session = *state_->session;
  session.ops.reset();
  size_t arena = session.arena.capacity();
  for (const Batch& batch : {full_prompt(config()), full_paint_step(config())})
    arena = std::max(arena, session.ops.plan([&] {
      session.loaded.model.forward(session.ops, batch, session.cache_pointers);
    }));
  TUTTI_CHECK(session.ops.status());
  return MemoryPlan{session.loaded.weights.bytes(), session.cache_bytes(), arena};
}

}  // namespace tutti
