// The public API: OpenAI's endpoints over one scheduler, a file for each family.
//
//   Api api(registry, scheduler, decoder, {});
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

#include "engine/registry.h"
#include "serve/api/uploads/decode_queue.h"
#include "serve/contract/contract.h"
#include "serve/http/server.h"
#include "serve/media/isolated_decoder.h"
#include "serve/scheduler.h"

namespace tutti {

struct ApiOptions {
  std::string version;
  std::function<std::string()>
      more_metrics;  // of what runs beside it, in Prometheus' format; must not block
  ApiLimits limits;
};

class Api {
 public:
  // All must outlive it, and it the server. The registry has a model, and keeps all that it has
  // had.
  Api(const Registry& models, Scheduler& scheduler, const IsolatedDecoder& decoder,
      ApiOptions options);

  void add_routes(Router& router);
  RouteOptions route_options() const {
    return {.most_bytes = limits().most_body_bytes,
            .raised_by = "--max-body",
            .most_seconds = limits().most_seconds + 1};
  }
  void attach(HttpServer& server) { server_ = &server; }

  const Registry& models() const { return models_; }
  Scheduler& scheduler() const { return scheduler_; }
  const IsolatedDecoder& decoder() const { return decoder_; }
  const Contract& contract() const { return contract_; }
  DecodeQueue& decoding() { return decoding_; }
  // Cancels what is being decoded. Before the server is gone.
  void stop() { decoding_.stop(); }
  const ApiOptions& options() const { return options_; }
  const ApiLimits& limits() const { return options_.limits; }
  HttpServer& server() const { return *server_; }

 private:
  const Registry& models_;
  Scheduler& scheduler_;
  const IsolatedDecoder& decoder_;
  ApiOptions options_;
  const Contract contract_;
  DecodeQueue decoding_;
  HttpServer* server_ = nullptr;
};

}  // namespace tutti
