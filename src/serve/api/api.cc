#include "serve/api/api.h"

#include "serve/api/media.h"

namespace tutti {

Api::Api(const Engine& engine, Scheduler& scheduler, const IsolatedDecoder& decoder,
         ApiOptions options)
    : engine_(engine),
      scheduler_(scheduler),
      decoder_(decoder),
      options_(std::move(options)),
      contract_(options_.limits, {engine.config().context, engine.config().embedding}),
      decoding_(decoder, media_limits(options_.limits), {.threads = decoder.workers()}) {}

bool Api::serves(const std::string& model) const {
  const auto& aliases = options_.aliases;
  return model == options_.model ||
         std::find(aliases.begin(), aliases.end(), model) != aliases.end();
}

void Api::add_routes(Router& router) {
  for (const auto add :
       {add_health_routes, add_models_routes, add_chat_routes, add_responses_routes,
        add_completions_routes, add_embeddings_routes, add_images_routes, add_speech_routes,
        add_transcriptions_routes, add_explain_routes})
    add(router, *this);
}

}  // namespace tutti
