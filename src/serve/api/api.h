// The public API: OpenAI's endpoints over one scheduler, a file for each family.
//
//   Api api(engine, scheduler, decoder, {.model = "tutti-nano"});
//   Router router;
//   api.add_routes(router);
//   TUTTI_ASSIGN(HttpServer server, HttpServer::listen(std::move(router), options));
//   api.attach(server);
//
// Handlers check a request completely, hand it to the scheduler and return; its events write the
// answer. Nothing that a request names is ever opened: media come as data URLs and uploads only.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "serve/api/uploads/decode_queue.h"
#include "serve/contract/contract.h"
#include "serve/http/server.h"
#include "serve/media/isolated_decoder.h"
#include "serve/scheduler.h"

namespace tutti {

struct ApiOptions {
  std::string model = "tutti-nano";  // the name that requests may use
  std::vector<std::string> aliases;  // and others
  int64_t created = 0;               // when the model file was written, Unix time
  std::string version;
  std::function<std::string()>
      more_metrics;  // of what runs beside it, in Prometheus' format; must not block
  ApiLimits limits;
};

class Api {
 public:
  // All must outlive it, and it the server.
  Api(const Engine& engine, Scheduler& scheduler, const IsolatedDecoder& decoder,
      ApiOptions options);

  void add_routes(Router& router);
  RouteOptions route_options() const {
    return {.most_bytes = limits().most_body_bytes, .most_seconds = limits().most_seconds + 1};
  }
  void attach(HttpServer& server) { server_ = &server; }

  const Engine& engine() const { return engine_; }
  Scheduler& scheduler() const { return scheduler_; }
  const IsolatedDecoder& decoder() const { return decoder_; }
  const Contract& contract() const { return contract_; }
  bool serves(const std::string& model) const;  // by its name or an alias
  DecodeQueue& decoding() { return decoding_; }
  // Cancels what is being decoded. Before the server is gone.
  void stop() { decoding_.stop(); }
  const ApiOptions& options() const { return options_; }
  const ApiLimits& limits() const { return options_.limits; }
  HttpServer& server() const { return *server_; }

 private:
  const Engine& engine_;
  Scheduler& scheduler_;
  const IsolatedDecoder& decoder_;
  ApiOptions options_;
  const Contract contract_;
  DecodeQueue decoding_;
  HttpServer* server_ = nullptr;
};

// The families; each adds its routes.
void add_health_routes(Router& router, Api& api);
void add_models_routes(Router& router, Api& api);
void add_chat_routes(Router& router, Api& api);
void add_responses_routes(Router& router, Api& api);
void add_completions_routes(Router& router, Api& api);
void add_embeddings_routes(Router& router, Api& api);
void add_images_routes(Router& router, Api& api);
void add_speech_routes(Router& router, Api& api);
void add_transcriptions_routes(Router& router, Api& api);
void add_explain_routes(Router& router, Api& api);

}  // namespace tutti
