// Loading, and the life of the handles.
#include "capi/handles.h"

using namespace tutti;
using namespace tutti::capi;

uint32_t tutti_api_version(void) {
  return TUTTI_API_VERSION;
}

const char* tutti_version(void) {
  return TUTTI_VERSION;
}

namespace {

Result<EngineOptions> engine_options(const tutti_model_options* given) {
  TUTTI_ASSIGN(const tutti_model_options options, read_options(given));
  if (options.threads < 0 || options.threads > 1024)
    return usage_error("threads is " + std::to_string(options.threads) + "; use 0 to 1024");
  EngineOptions engine;
  engine.threads = options.threads;
  if (options.adapter) engine.adapter = options.adapter;
  switch (options.precision) {
    case TUTTI_AS_STORED:
      break;
    case TUTTI_F32:
      engine.dtype = EngineOptions::Dtype::f32;
      break;
    case TUTTI_BF16:
      engine.dtype = EngineOptions::Dtype::bf16;
      break;
    case TUTTI_INT8:
      engine.dtype = EngineOptions::Dtype::int8;
      break;
    default:
      return usage_error("precision is none of tutti_precision");
  }
  return engine;
}

}  // namespace

tutti_status tutti_model_load(const char* path, const tutti_model_options* options,
                              tutti_model** model) {
  if (!model) return TUTTI_USAGE;
  *model = new (std::nothrow) tutti_model;
  if (!*model) return TUTTI_FAILED;
  return guarded((*model)->error, [&]() -> Status {
    (*model)->error.reserve(kErrorRoom);
    if (!path) return usage_error("path is NULL; name a model file");
    TUTTI_ASSIGN(const EngineOptions chosen, engine_options(options));
    TUTTI_ASSIGN(Engine engine, Engine::load(path, chosen, Hold::copied));
    (*model)->engine = std::make_shared<const Engine>(std::move(engine));
    return {};
  });
}

void tutti_model_free(tutti_model* model) {
  delete model;
}

const char* tutti_model_error(const tutti_model* model) {
  return model ? model->error.c_str() : "there is no model; there was no memory for one";
}

tutti_session* tutti_session_new(const tutti_model* model) {
  if (!model || !model->engine) return nullptr;
  try {
    auto session = std::make_unique<tutti_session>();
    session->engine = model->engine;
    session->error.reserve(kErrorRoom);
    return session.release();
  } catch (...) {
    return nullptr;
  }
}

void tutti_session_free(tutti_session* session) {
  delete session;
}

const char* tutti_session_error(const tutti_session* session) {
  return session ? session->error.c_str() : "there is no session; was the model loaded?";
}
